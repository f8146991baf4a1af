"""The ladder on a regression: every stage judges it by its own metric, and sees its faults."""

import shutil

import numpy as np
import pytest
from tests.conftest import Climb, begin, check

from startsimple.data.pack import read_split, write_split
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Status

FULL_BUDGET = ("stage.overfit_batch.steps=1500", "benchmark.protocol.training.steps=2000")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    return begin(tmp_path_factory.mktemp("diabetes"), "diabetes_mlp")


@pytest.fixture
def regression(begun, tmp_path):
    root = tmp_path / "repository"
    shutil.copytree(begun.root, root)
    return Climb(root, begun.experiment)


def test_the_whole_ladder_judges_a_regression(regression):
    default = regression.run("default_model")
    assert default.status == Status.PASS
    # Standardised targets: the untrained network answers their mean, and leaves their variance.
    assert check(default, "P-01").value == pytest.approx(1, abs=0.15)
    assert {"mean", "linear", "model"} <= set(default.numbers["baselines"])
    overfit = regression.run("overfit_batch", FULL_BUDGET)
    exact = check(overfit, "O-02")
    assert overfit.status == Status.PASS and exact.threshold == 1e-3 and exact.value < 1e-3
    assert check(overfit, "O-09").value < 1e-3
    assert overfit.numbers["chance"] == pytest.approx(
        next(iter(overfit.numbers["fingerprints"].values()))
    )
    benchmark = regression.run("benchmark", FULL_BUDGET)
    assert benchmark.numbers["verdict"] == "beaten"
    floors = benchmark.numbers["baselines"]
    assert max(benchmark.numbers["scores"]) < floors["ridge"] < floors["mean"]
    gap = regression.run("gap")
    shares = gap.numbers["errors"]
    assert 0.2 < shares["train"]["value"] < shares["validation"]["value"] < 0.9
    assert not check(gap, "P-08").status.blocks
    tune = regression.run("tune")
    assert not tune.status.blocks
    assert all(-1 < score < 1 for score in tune.numbers["test"]["accuracy"]["winner"])


def test_a_broadcast_loss_is_blocked_and_named(regression):
    broadcast = ["loss.broadcast=true"]
    default = regression.run("default_model", broadcast)
    assert check(default, "R-10").status == Status.FAIL
    assert default.suspects[0].fault == "M10"
    overfit = regression.run("overfit_batch", broadcast)
    assert overfit.status.blocks and overfit.suspects[0].fault == "M10"
    assert check(overfit, "O-02").status == Status.FAIL
    assert overfit.symptom.note.startswith("variance of the targets")


def test_a_network_without_its_inputs_is_blocked(regression):
    overfit = regression.run("overfit_batch", ["fault=M12"])
    assert overfit.status.blocks
    assert "M12" in {suspect.fault for suspect in overfit.suspects}


def test_a_wrong_metric_is_seen(regression):
    default = regression.run("default_model", ["fault=O17"])
    assert check(default, "P-21").status == Status.FAIL


@pytest.mark.parametrize(
    ("stage", "override", "says"),
    [
        ("default_model", "loss.name=cross_entropy", "choose loss=mean_squared_error"),
        ("simplify", "stage.simplify.classes=[0,1]", "a regression has no classes"),
        ("benchmark", "benchmark.metric=accuracy", "does not fit the dataset's task"),
        ("benchmark", "benchmark.baselines=[rigde]", "Did you mean 'ridge'?"),
    ],
)
def test_settings_of_another_task_are_refused(regression, stage, override, says):
    with pytest.raises(UserError) as caught:
        regression.run(stage, [override])
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("change", "id", "status"),
    [
        (lambda y: np.where(np.arange(len(y)) == 3, np.nan, y), "D-08", Status.FAIL),
        (lambda y: np.random.default_rng(0).permutation(y), "D-02", Status.FAIL),
        (lambda y: np.full_like(y, 5.0), "D-04", Status.FAIL),
        (lambda y: y.astype(np.int64), "D-04", Status.FAIL),
        (lambda y: y, "D-02", Status.PASS),
    ],
)
def test_the_data_contract_reads_numbers(regression, change, id, status, monkeypatch):
    folder = regression.root / "data" / "diabetes"
    split = read_split(folder / "train.safetensors")
    changed = type(split)(split.x, change(split.y), split.x_id, split.y_id)
    write_split(folder / "train.safetensors", changed)
    from startsimple.data.hashing import folder_md5

    pointer = regression.root / "data" / "diabetes.dvc"
    text = pointer.read_text()
    old = text.split("md5: ")[1].split("\n")[0]
    pointer.write_text(text.replace(old, folder_md5(folder)))
    verdict = regression.run("data")
    assert check(verdict, id).status == status, [c for c in verdict.checks if c.status.blocks]

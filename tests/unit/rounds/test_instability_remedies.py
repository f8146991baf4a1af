"""What is proposed against instability: T-13's order, with what the probe measured."""

import math

import pytest
from tests.rounds_on_disk import REPOSITORY, repository, write_run

from startsimple.cli.main import main
from startsimple.program.optimizers import build
from startsimple.rounds.fixes import load_fixes
from startsimple.rounds.propose import BY_HAND, NOT_NOW, READY
from startsimple.rounds.remedies import remedies
from startsimple.rounds.run import load_run
from startsimple.schema.compose import compose_experiment
from startsimple.schema.config import INSTABILITY
from startsimple.schema.load import load_slice

PROBE = {"rate": 0.02, "gradient_norms": {"1": 1.23456, "2": 9.0, "5": None}}
TUNED = {"adopted": False, "probe": PROBE}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(repository(tmp_path))
    return tmp_path


def listed(root, *overrides, probe=PROBE, regained=0.4, label=None):
    tuned = {**TUNED, "probe": probe}
    facts = {"overrides": overrides, "label": label or (overrides and "mine") or None}
    name = write_run(root, "digits_mlp", tune=tuned, regained=regained, **facts)
    return remedies(load_run(root, name), root / "conf")


def test_the_order_is_that_of_the_method():
    words = ("Warm-up", "longer warm-up", "Clip", "optimiser", "normalisation", "Residual", "lower")
    fixes = load_fixes(REPOSITORY / "conf")[INSTABILITY]
    assert all(word in fix.fix for word, fix in zip(words, fixes, strict=True))


def test_they_are_proposed_only_where_tuning_warned(root):
    assert len(listed(root)) == 7
    assert listed(root, regained=0.1) == [] and listed(root, regained=None) == []
    name = write_run(root, "diabetes_mlp")
    assert remedies(load_run(root, name), root / "conf") == []


def test_each_says_what_it_changes_and_what_it_cannot(root):
    states = [(one.state, one.changes, one.group) for one in listed(root)]
    assert states == [
        (READY, {"schedule.warmup_fraction": 0.05}, {}),
        (BY_HAND, {}, {}),
        (READY, {"optimizer.clip_norm": 1.235}, {}),
        (NOT_NOW, {}, {}),
        (READY, {"model.norm": "batch"}, {}),
        (READY, {}, {"model": "mlp_residual"}),
        (NOT_NOW, {}, {}),
    ]
    adam, slow = listed(root)[3], listed(root)[6]
    assert adam.note == "optimizer.name is adam"
    assert slow.note == "the run's own rate of 0.0003 is below half of the best one"


def test_what_is_there_already_is_not_proposed_again(root):
    there = ("schedule.warmup_fraction=0.08", "optimizer.clip_norm=2.0", "optimizer.lr=0.02")
    found = listed(root, *there)
    assert (found[0].state, found[0].changes) == (NOT_NOW, {})
    assert (found[2].state, found[2].note) == (NOT_NOW, "optimizer.clip_norm is 2")
    assert (found[6].state, found[6].changes) == (READY, {"optimizer.lr": 0.01})
    assert found[6].predicted is None and "twice the run's own rate" in found[6].note


def test_plain_descent_gets_an_optimiser_that_can_be_built(root):
    change = listed(root, "optimizer=sgd")[3]
    assert change.changes["optimizer.name"] == "adam"
    told = [f"{key}={value}" for key, value in change.changes.items()]
    config = compose_experiment(root / "conf", "digits_mlp", ["optimizer=sgd", *told]).config
    assert build(load_slice({"optimizer": config["optimizer"]}).optimizer, _weights())


def _weights():
    from torch import nn

    return nn.Linear(2, 2).parameters()


@pytest.mark.parametrize("probe", [{"rate": 0.02}, {**PROBE, "gradient_norms": {"1": None}}])
def test_without_a_measured_norm_there_is_no_limit_to_clip_at(root, probe):
    clip = listed(root, probe=probe)[2]
    assert clip.state == NOT_NOW and "no finite norm of the gradient is measured" in clip.note


def test_the_measure_is_predicted_to_fall_to_within_its_limit(root):
    told = listed(root)[0].predicted
    assert (told.component, told.low, told.high) == (INSTABILITY, -0.4, pytest.approx(-0.3))
    # There is no number to start from where twice the rate diverged: then words have to do.
    blown = listed(root, regained=math.inf)[0]
    assert blown.predicted is None and "expected to be stable" in blown.note


@pytest.mark.parametrize("regained", [0.4, math.inf])
def test_next_numbers_them_on_and_accepts_each_as_a_valid_experiment(root, capsys, regained):
    listed(root, regained=regained)
    assert main(["next", "digits_mlp"]) == 0
    told = capsys.readouterr().out
    assert "Unstable above its best learning rate (T-12)" in told
    assert main(["next", "digits_mlp", "--accept", "9"]) == 0
    assert "experiment=digits_mlp_r1" in capsys.readouterr().out
    own = compose_experiment(root / "conf", "digits_mlp_r1").config
    assert own["optimizer"]["clip_norm"] == 1.235 and own["parent"] == "digits_mlp"
    assert own["hypothesis"].startswith("Against instability, fix C: Clip the gradient's norm")
    finite = math.isfinite(regained)
    assert own["predicted"]["component"] == (INSTABILITY if finite else None)
    assert ("instability -0.400 to -0.300" if finite else "stable") in own["hypothesis"]
    assert main(["next", "digits_mlp", "--accept", "14"]) == 1
    assert "has 13 proposals" in capsys.readouterr().err

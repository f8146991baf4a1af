"""Stage `simplify`: fewer classes and examples that an oracle solves, stored and stratified."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.pack import Split, read_split
from startsimple.data.prepared import load_simplified
from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.stages import SECTIONS
from startsimple.schema.verdict import Check, Status, Verdict
from startsimple.stages import data, simplify
from startsimple.stages.simplify import check_histogram, check_untouched
from startsimple.stages.stage import Inputs

ROOT = Path(__file__).parents[3]
MODULES = {"data": data, "simplify": simplify}


def climb(
    root: Path, stage: str, overrides: tuple[str, ...] = (), of: str = "digits_mlp"
) -> Verdict:
    whole = compose_experiment(ROOT / "conf", "digits_mlp", list(overrides)).config
    sections = {name: whole[name] for name in SECTIONS[stage]}
    inputs = Inputs("run", stage, root)
    config = load_slice({**sections, "stage": {stage: whole["stage"][stage]}})
    verdict = MODULES[stage].run(config, inputs)
    verdict.write(inputs.folder / "verdict.json")
    return verdict


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a root where the stage `data` has been judged on the digits."""
    root = tmp_path_factory.mktemp("judged")
    (root / "data").mkdir()
    shutil.copy(ROOT / "data" / "digits.dvc", root / "data")
    climb(root, "data")
    return root


@pytest.fixture
def root(judged: Path, tmp_path: Path) -> Path:
    shutil.copytree(judged, tmp_path, dirs_exist_ok=True)
    return tmp_path


def check_of(verdict: Verdict, id: str) -> Check:
    return next(check for check in verdict.checks if check.id == id)


def test_the_shipped_choice_is_solved_by_a_linear_model(root: Path) -> None:
    verdict = climb(root, "simplify")
    assert verdict.status is Status.PASS
    assert check_of(verdict, "S-03").value > 0.98
    assert {check.id for check in verdict.checks} == {"S-01", "S-03", "S-05", "S-06", "S-07"}
    assert verdict.numbers["classes"] == [0, 3, 4, 6]
    small = load_simplified(root / "data" / "digits", Inputs("run", "next", root).artefact)
    assert np.unique(small.train.y).tolist() == [0, 1, 2, 3]
    assert verdict.numbers["examples"] == {"train": len(small.train), "val": len(small.val)}


def test_fewer_examples_keep_every_class_and_the_same_choice(root: Path) -> None:
    overrides = ("stage.simplify.examples=100",)
    first = climb(root, "simplify", overrides)
    assert check_of(first, "S-01").value == 100
    assert check_of(first, "S-07").value > 0.9
    artefact = Inputs("run", "next", root).artefact
    small = load_simplified(root / "data" / "digits", artefact)
    assert np.bincount(small.train.y).min() >= 24
    again = climb(root, "simplify", overrides)
    assert again == first
    assert climb(root, "simplify", (*overrides, "seed=1")).outputs != first.outputs


def test_a_problem_that_the_oracle_does_not_solve_blocks(root: Path) -> None:
    verdict = climb(root, "simplify", ("stage.simplify.accuracy_min=1.01",))
    assert verdict.status is Status.FAIL
    decider = verdict.decider()
    assert decider is not None
    assert decider.id == "S-03"
    assert "stage.simplify.classes" in verdict.next


def test_shuffled_labels_are_not_solvable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(folder: Path, artefact: object) -> object:
        small = load_simplified(folder, artefact)  # type: ignore[arg-type]
        y = np.random.default_rng(0).permutation(small.train.y)
        return replace(small, train=replace(small.train, y=y))

    monkeypatch.setattr(simplify, "load_simplified", mixed)
    check = check_of(climb(root, "simplify"), "S-03")
    assert check.status is Status.FAIL
    assert check.value < 0.4


def test_augmented_examples_are_caught(root: Path) -> None:
    climb(root, "simplify")
    artefact = Inputs("run", "next", root).artefact
    small = load_simplified(root / "data" / "digits", artefact)
    split = data_split(root).take(small.index.train)
    check = check_untouched(small.train, small.train, split, small.statistics)
    assert check.status is Status.PASS
    x = small.train.x.copy()
    x[3] = np.roll(x[3], 1)
    augmented = replace(small.train, x=x)
    fault = check_untouched(small.train, augmented, split, small.statistics)
    assert fault.status is Status.FAIL
    assert "1 of" in fault.evidence
    steady = check_untouched(augmented, augmented, split, small.statistics)
    assert steady.status is Status.FAIL


def data_split(root: Path) -> Split:
    return read_split(root / "data" / "digits" / "train.safetensors").joined()


def test_a_choice_that_is_not_stratified_fails() -> None:
    parent = np.repeat(np.arange(4), 100)
    assert check_histogram(parent, np.repeat(np.arange(4), 25), 0.01).status is Status.PASS
    skewed = check_histogram(parent, np.repeat(np.arange(4), [45, 25, 20, 10]), 0.01)
    assert skewed.status is Status.FAIL
    from scipy.stats import chisquare

    mild = check_histogram(parent, np.repeat(np.arange(4), [30, 28, 22, 20]), 0.01)
    assert mild.value == pytest.approx(chisquare([30, 28, 22, 20]).pvalue, abs=1e-4)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("stage.simplify.classes=[0,12]", "class 12 does not exist"),
        ("stage.simplify.classes=[3]", "one class is no problem"),
        ("stage.simplify.oracle=forest", "Valid: knn, linear"),
    ],
)
def test_a_wrong_setting_is_one_sentence(root: Path, override: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        climb(root, "simplify", (override,))


def test_data_changed_after_their_stage_are_refused(root: Path) -> None:
    path = root / "data" / "digits" / "train.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"train\.safetensors differs"):
        climb(root, "simplify")

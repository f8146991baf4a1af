"""Stage `data` on the digits, and on copies of them with one fault each."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.hashing import folder_md5
from startsimple.data.pack import Split, read_split, write_split
from startsimple.data.prepared import INDEX_FILE, load_prepared, read_index
from startsimple.data.store import materialise
from startsimple.schema.canonical import read_json
from startsimple.schema.compose import compose_experiment
from startsimple.schema.config import Config
from startsimple.schema.load import load_slice
from startsimple.schema.stages import SECTIONS
from startsimple.schema.verdict import Status, Verdict
from startsimple.stages.data import FIGURES_FILE, run
from startsimple.stages.stage import Inputs

ROOT = Path(__file__).parents[3]
Change = Callable[[Split], Split]


def config_for(stage: str) -> Config:
    whole = compose_experiment(ROOT / "conf", "digits_mlp").config
    sections = {name: whole[name] for name in SECTIONS[stage]}
    return load_slice({**sections, "stage": {stage: whole["stage"][stage]}})


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a root whose digits were rebuilt from their source, offline and without a cache."""
    root = tmp_path_factory.mktemp("rebuilt")
    (root / "data").mkdir()
    shutil.copy(ROOT / "data" / "digits.dvc", root / "data")
    assert materialise(config_for("data").dataset, root).origin == "source"
    return root


@pytest.fixture
def root(rebuilt: Path, tmp_path: Path) -> Path:
    shutil.copytree(rebuilt, tmp_path, dirs_exist_ok=True)
    return tmp_path


def judged(root: Path, config: Config | None = None) -> Verdict:
    inputs = Inputs("digits_mlp", "data", root)
    verdict = run(config or config_for("data"), inputs)
    verdict.write(inputs.folder / "verdict.json")
    return verdict


def plant(root: Path, change: Change, name: str = "train") -> None:
    """Change a split and let the pointer say that this is right, as `dvc add` would."""
    folder = root / "data" / "digits"
    write_split(folder / f"{name}.safetensors", change(read_split(folder / f"{name}.safetensors")))
    pointer = root / "data" / "digits.dvc"
    pointer.write_text(f"outs:\n- md5: {folder_md5(folder)}\n  path: digits\n")


def statuses(verdict: Verdict) -> dict[str, str]:
    return {check.id: str(check.status) for check in verdict.checks}


def test_sound_data_pass_every_clause_but_for_border_pixels_and_a_small_validation_split(
    root: Path,
) -> None:
    verdict = judged(root)
    found = statuses(verdict)
    assert (found.pop("D-07"), found.pop("D-18")) == ("warn", "warn")
    assert set(found) == {f"D-{number:02}" for number in range(1, 20)} - {"D-07", "D-18"}
    assert set(found.values()) == {"pass"}
    assert not verdict.status.blocks


def test_the_artefacts_are_what_later_stages_load(root: Path) -> None:
    verdict = judged(root)
    inputs = Inputs("digits_mlp", "simplify", root)
    prepared = load_prepared(root / "data" / "digits", inputs.artefact)
    assert (len(prepared.train), len(prepared.val)) == (1150, 287)
    assert verdict.numbers["examples"] == {"train": 1150, "val": 287, "test": 360}
    figures = read_json(inputs.artefact("data", FIGURES_FILE))
    assert {name: sum(counts) for name, counts in figures["label_histogram"].items()} == {
        "train": 1150,
        "val": 287,
        "test": 360,
    }
    assert len(figures["feature_ranges"]) == 64
    assert len(figures["outliers"]["mean"]) == 5


def test_equal_runs_write_equal_bytes(root: Path) -> None:
    judged(root)
    folder = root / "results" / "digits_mlp" / "data"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    judged(root)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_one_changed_byte_fails_d03_and_skips_the_rest(root: Path) -> None:
    path = root / "data" / "digits" / "test.safetensors"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    verdict = judged(root)
    found = statuses(verdict)
    assert verdict.status is Status.FAIL
    assert found.pop("D-03") == "fail"
    assert set(found.values()) == {"skip"}
    decider = verdict.decider()
    assert decider is not None
    assert "data/digits/test.safetensors differs" in decider.evidence
    assert "train" not in decider.evidence
    assert "dvc checkout" in verdict.next
    assert verdict.outputs == {}


def break_keys(split: Split) -> Split:
    return replace(split, y_id=split.y_id + 1)


def plant_nan(split: Split) -> Split:
    x = split.x.copy()
    x[42, 7] = np.nan
    return replace(split, x=x)


def plant_label(split: Split) -> Split:
    y = split.y.copy()
    y[42] = 10
    return replace(split, y=y)


def misalign(split: Split) -> Split:
    return replace(split, y=np.random.default_rng(0).permutation(split.y))


@pytest.mark.parametrize(
    ("change", "name", "check", "words"),
    [
        (break_keys, "train", "D-02", "keys on one side only"),
        (plant_nan, "test", "D-08", "test.safetensors row 42"),
        (plant_nan, "train", "D-08", "train.safetensors row 42"),
        (plant_label, "train", "D-04", "train.safetensors row 42"),
        (misalign, "train", "D-02", "the reference model predicts"),
    ],
)
def test_a_planted_fault_blocks_at_its_clause(
    root: Path, change: Change, name: str, check: str, words: str
) -> None:
    plant(root, change, name)
    verdict = judged(root)
    assert verdict.status is Status.FAIL
    decider = verdict.decider()
    assert decider is not None
    assert decider.id == check
    assert words in decider.evidence
    found = statuses(verdict)
    assert found["D-03"] == "pass"
    assert words in verdict.next
    # On broken keys, labels or numbers nothing else is measured, and the verdict says so.
    assert (found["D-13"] == "skip") is (change is not misalign)
    assert len(found) == 19


def test_a_training_example_in_the_test_split_blocks(root: Path) -> None:
    first = read_split(root / "data" / "digits" / "train.safetensors")

    def repeat(split: Split) -> Split:
        x, y = split.x.copy(), split.y.copy()
        x[0], y[0] = first.x[0], first.y[0]
        return replace(split, x=x, y=y)

    plant(root, repeat, "test")
    assert statuses(judged(root))["D-05"] == "fail"


def test_labels_stored_in_another_order_are_joined_by_key(root: Path) -> None:
    judged(root)
    artefact = Inputs("digits_mlp", "simplify", root).artefact
    before = load_prepared(root / "data" / "digits", artefact)

    def shuffle(split: Split) -> Split:
        order = np.random.default_rng(0).permutation(len(split))
        return replace(split, y=split.y[order], y_id=split.y_id[order])

    plant(root, shuffle)
    assert not judged(root).status.blocks
    after = load_prepared(root / "data" / "digits", artefact)
    assert np.array_equal(before.train.y, after.train.y)


def test_a_waived_clause_warns_with_its_reason(root: Path) -> None:
    plant(root, misalign)
    config = config_for("data")
    config.stage.data.waive = {"D-02": "labels are random on purpose"}
    verdict = judged(root, config)
    assert not verdict.status.blocks
    waived = next(check for check in verdict.checks if check.id == "D-02")
    assert "labels are random on purpose" in waived.evidence


def test_the_index_is_stratified_and_stored(root: Path) -> None:
    judged(root)
    index = read_index(root / "results" / "digits_mlp" / "data" / INDEX_FILE)
    y = read_split(root / "data" / "digits" / "train.safetensors").y
    share = np.bincount(y[index.val]) / np.bincount(y)
    assert np.abs(share - 0.2).max() < 0.01

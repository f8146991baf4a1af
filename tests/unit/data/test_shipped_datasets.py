"""Every dataset of conf/dataset keeps the contract, and each planted fault is found on each."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from startsimple.data.build import build
from startsimple.data.checks.identity import check_order
from startsimple.data.contract import Contract, contract
from startsimple.data.hashing import folder_md5
from startsimple.data.pack import Split, pack, read_split, write_split
from startsimple.data.pointer import Pointer
from startsimple.data.proof import DataDifferError, Materialised, proven
from startsimple.data.reference import sample
from startsimple.data.targets import is_regression
from startsimple.schema.compose import compose_experiment
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.load import load_slice
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status

ROOT = Path(__file__).parents[3]
DATASETS = sorted(path.stem for path in (ROOT / "conf/dataset").glob("*.yaml"))
# The reference material beside the repository, if it is there, holds MNIST's own files.
MIRROR = ROOT / "../shared/data/mnist"
# What these clauses say of a dataset is a fact about it, such as blank border pixels, a small
# validation split, or a question of the audit that nobody has answered yet.
FACTS = {"D-07", "D-12", "D-18"}
# So much of a big dataset is enough to find a fault in.
TRAIN_MAX, TEST_MAX = 3000, 800


@dataclass(frozen=True)
class Shipped:
    """One dataset, built from its source."""

    config: DatasetConfig
    splits: dict[str, Split]
    found: dict[str, Check]
    figures: dict[str, object]


@pytest.fixture(scope="module", params=DATASETS)
def shipped(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[Shipped]:
    whole = compose_experiment(ROOT / "conf", "digits_mlp", [f"dataset={request.param}"])
    config = load_slice(whole.config).dataset
    if request.param == "mnist" and not MIRROR.exists():
        pytest.skip(f"{MIRROR} is absent, and tests download nothing")
    folder = tmp_path_factory.mktemp("shipped") / "built"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "STARTSIMPLE_MNIST_MIRROR", str(MIRROR))
        build(config, folder)
    splits = {
        # A sample: MNIST's first test rows alone are of other writers than its later ones.
        path.stem: sample(
            read_split(path).joined(), TRAIN_MAX if path.stem == "train" else TEST_MAX, seed=0
        )
        for path in sorted(folder.glob("*.safetensors"))
    }
    clean = judged(config, splits, tmp_path_factory.mktemp("clean"))
    yield Shipped(config, splits, by_id(clean), clean.figures)


def judged(config: DatasetConfig, splits: dict[str, Split], folder: Path) -> Contract:
    """Store splits and hold them against the contract, as the stage does."""
    for name, split in splits.items():
        write_split(folder / f"{name}.safetensors", split)
    return contract(Materialised(folder, folder_md5(folder), "workspace"), config, DataStage())


def by_id(found: Contract) -> dict[str, Check]:
    return {check.id: check for check in found.checks}


def planted(shipped: Shipped, folder: Path, fault: Callable[[Split], Split]) -> dict[str, Check]:
    changed = shipped.splits | {"train": fault(shipped.splits["train"])}
    return by_id(judged(shipped.config, changed, folder))


def test_clean_data_raise_no_alarm(shipped: Shipped) -> None:
    assert set(shipped.found) == {f"D-{number:02}" for number in range(1, 20)}
    alarms = {
        id: check.evidence
        for id, check in shipped.found.items()
        if check.status is not Status.PASS and id not in FACTS
    }
    assert alarms == {}
    assert not any(shipped.found[id].status.blocks for id in FACTS)


def test_labels_paired_by_an_unsorted_listing(shipped: Shipped, tmp_path: Path) -> None:
    """Labels lie in one file each, and a loader pairs them with inputs by their position."""
    split = shipped.splits["train"].take(np.arange(20))
    for key, label in zip(split.y_id, split.y, strict=True):
        (tmp_path / f"{key:05}.txt").write_text(str(label))

    def positional(folder: Path) -> str:
        labels = np.array([float(path.read_text()) for path in folder.iterdir()])
        return str(hash(pack(replace(split, y=labels.astype(split.y.dtype)))))

    def sorted_(folder: Path) -> str:
        labels = np.array([float(path.read_text()) for path in sorted(folder.iterdir())])
        return str(hash(pack(replace(split, y=labels.astype(split.y.dtype)))))

    source = "startsimple.data.sources.digits.load"
    assert check_order(tmp_path, source, sorted_).status is Status.PASS
    assert check_order(tmp_path, source, positional).status is Status.FAIL


def test_labels_of_other_inputs(shipped: Shipped, tmp_path: Path) -> None:
    def shift(split: Split) -> Split:
        return replace(split, y=np.roll(split.y, 1))

    assert planted(shipped, tmp_path, shift)["D-02"].status is Status.FAIL


def test_one_swapped_pair_of_labels(shipped: Shipped, tmp_path: Path) -> None:
    """Only the pinned version proves a single swap; the message names both keys."""
    train = shipped.splits["train"]
    first, second = int(train.y.argmin()), int(train.y.argmax())
    y = train.y.copy()
    y[[first, second]] = y[[second, first]]
    root, name = tmp_path, shipped.config.name
    folder = root / "data" / name
    for split, content in shipped.splits.items():
        write_split(folder / f"{split}.safetensors", content)
    pointer = Pointer(root / shipped.config.pointer, folder_md5(folder), folder)
    cache(root, folder, pointer)
    assert proven(pointer, shipped.config, root, "workspace", ()).md5 == pointer.md5
    write_split(folder / "train.safetensors", replace(train, y=y))
    with pytest.raises(DataDifferError) as caught:
        proven(pointer, shipped.config, root, "workspace", ())
    keys = ", ".join(str(train.x_id[row]) for row in sorted((first, second)))
    assert f"(0 rows added, 0 removed, 2 relabelled (keys {keys}))" in str(caught.value)


def cache(root: Path, folder: Path, pointer: Pointer) -> None:
    """Lay a folder down as DVC's cache would hold it."""
    import json
    import shutil

    from startsimple.data.hashing import file_md5s
    from startsimple.data.pointer import cached

    files = file_md5s(folder)
    for name, md5 in files.items():
        cached(root, md5).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, cached(root, md5))
    listing = cached(root, pointer.md5)
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text(json.dumps([{"md5": m, "relpath": n} for n, m in files.items()]))


def test_rows_of_training_in_test(shipped: Shipped, tmp_path: Path) -> None:
    train, test = shipped.splits["train"], shipped.splits["test"]
    x, y = test.x.copy(), test.y.copy()
    x[:3], y[:3] = train.x[:3], train.y[:3]
    changed = shipped.splits | {"test": replace(test, x=x, y=y)}
    check = by_id(judged(shipped.config, changed, tmp_path))["D-05"]
    assert check.status is Status.FAIL
    assert "3 inputs occur in two splits" in check.evidence


def test_a_feature_that_holds_the_label(shipped: Shipped, tmp_path: Path) -> None:
    def leak(split: Split) -> Split:
        x = split.x.copy()
        x.reshape(len(x), -1)[:, 1] = split.y
        return replace(split, x=x)

    check = planted(shipped, tmp_path, leak)["D-13"]
    assert check.status is Status.FAIL
    assert "for all: 1 alone" in check.evidence


def test_a_constant_feature(shipped: Shipped, tmp_path: Path) -> None:
    rows = shipped.splits["train"].x.reshape(len(shipped.splits["train"]), -1)
    feature = int(np.argmax(rows.std(0)))

    def freeze(split: Split) -> Split:
        x = split.x.copy()
        x.reshape(len(x), -1)[:, feature] = rows[0, feature]
        return replace(split, x=x)

    changed = shipped.splits | {"train": freeze(shipped.splits["train"])}
    found = judged(shipped.config, changed, tmp_path)
    check = by_id(found)["D-07"]
    assert check.status is Status.WARN
    assert check.value == shipped.found["D-07"].value + 1
    assert feature in found.figures["constant_features"]
    assert feature not in shipped.figures["constant_features"]


def test_sorted_labels(shipped: Shipped, tmp_path: Path) -> None:
    def in_order(split: Split) -> Split:
        return split.take(np.argsort(split.y, kind="stable"))

    check = planted(shipped, tmp_path, in_order)["D-06"]
    assert check.status is Status.WARN
    assert "rows are sorted" in check.evidence


def test_noisy_labels(shipped: Shipped, tmp_path: Path) -> None:
    """One label in ten is another class, or a regression's target is far off."""
    generator = np.random.default_rng(3)

    def disturb(split: Split) -> Split:
        wrong = generator.random(len(split)) < 0.1
        if is_regression(split.y):
            off = 8 * split.y.std() * generator.choice([-1, 1], len(split))
            return replace(split, y=np.where(wrong, split.y + off, split.y).astype(np.float32))
        classes = shipped.config.classes
        other = (split.y + generator.integers(1, classes, len(split))) % classes
        return replace(split, y=np.where(wrong, other, split.y))

    assert planted(shipped, tmp_path, disturb)["D-19"].status is Status.WARN

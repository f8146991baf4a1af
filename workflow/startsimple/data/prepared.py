"""What models are trained on: the stored split, standardised once by training statistics."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from startsimple.data.faults import read_joined
from startsimple.data.pack import Split, read_split
from startsimple.data.splits import TEST, TEST_VAL, TRAIN, Index
from startsimple.data.targets import Floats, Targets, is_regression
from startsimple.schema.canonical import file_digest, read_json, write_bytes, write_json
from startsimple.schema.errors import UserError
from startsimple.schema.faults import FaultConfig

INDEX_FILE = "split.safetensors"
STATISTICS_FILE = "standardise.json"
DIGESTS_FILE = "digests.json"
# Beside the splits' digests, where faults were planted in the data.
FAULTS = "planted"
Locate = Callable[[str, str], Path]


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of the training inputs, and what they were taken over.

    Attributes:
        kind: feature, channel or all: what each pair of numbers belongs to.
        mean: One value per feature or channel, or one in all.
        std: The same; 1 where the training inputs are constant.
        target: Mean and standard deviation of a regression's training targets, None for classes.
    """

    kind: str
    mean: list[float]
    std: list[float]
    target: list[float] | None = None

    def apply(self, x: Floats) -> Floats:
        """Standardise inputs of shape (n, ...); returns float32 of the same shape."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean = np.array(self.mean, dtype=np.float64).reshape(shape)
        std = np.array(self.std, dtype=np.float64).reshape(shape)
        return ((x - mean) / std).astype(np.float32)

    def targets(self, y: Targets) -> Targets:
        """Standardise a regression's targets; classes stay as they are."""
        if self.target is None:
            return y
        mean, std = self.target
        return ((y.astype(np.float64) - mean) / std).astype(np.float32)


@dataclass(frozen=True)
class Prepared:
    """The data of one run, ready to train on.

    Attributes:
        train: Standardised training split.
        val: Standardised validation split.
        statistics: What they were standardised by.
        index: Positions of both within the stored train split.
        test_val: Standardised validation split of the test's distribution, by the same
            statistics; None if the dataset declares no shift (see data/splits.py).
    """

    train: Split
    val: Split
    statistics: Statistics
    index: Index
    test_val: Split | None = None


def training_statistics(x: Floats, kind: str) -> Statistics:
    """Measure mean and standard deviation over training inputs only (M-06).

    Positions of a sequence and pixels of a channel share one scale: scaling each by its own
    would distort shapes that may occur anywhere, so they get one pair of numbers per channel.
    Features of a vector are different quantities with units of their own: one pair each.

    Args:
        x: Training inputs, shape (n, ...), float32 on the storage grid.
        kind: The dataset's input type: sequence, image or vector.

    Returns:
        The statistics. A constant feature gets standard deviation 1, so that standardising
        turns it into zeros.
    """
    per = "feature" if kind == "vector" else "channel" if x.ndim > 2 else "all"
    if per == "feature":
        x = x.reshape(len(x), -1)
    axes = (0, 1) if per == "all" else tuple(axis for axis in range(x.ndim) if axis != 1)
    count = x.size // (1 if per == "all" else x.shape[1])
    wide = x.astype(np.float64)
    # Stored inputs are multiples of 2^-12, so these sums are exact whatever order a processor
    # adds in, and fractions keep them so: the statistics' bytes are the same everywhere.
    sums, squares = np.atleast_1d(wide.sum(axes)), np.atleast_1d(np.square(wide).sum(axes))
    mean = [Fraction(float(total)) / count for total in sums]
    variance = [
        Fraction(float(square)) / count - m * m for square, m in zip(squares, mean, strict=True)
    ]
    std = [math.sqrt(v) if v > 0 else 1.0 for v in variance]
    return Statistics(per, [float(m) for m in mean], std)


def prepare(split: Split, index: Index, kind: str) -> Prepared:
    """Split and standardise; nothing about validation examples reaches the training ones (D-10).

    Args:
        split: The joined train split.
        index: Which of its examples are for training and which for validation.
        kind: The dataset's input type.

    Returns:
        The prepared data.
    """
    train, val = split.take(index.train), split.take(index.val)
    statistics = training_statistics(train.x, kind)
    if is_regression(train.y):
        # One pair of numbers for all targets, by the same exact sums.
        own = training_statistics(train.y[:, None], "vector")
        statistics = replace(statistics, target=[own.mean[0], own.std[0]])
    return Prepared(
        standardised(train, statistics), standardised(val, statistics), statistics, index
    )


def standardised(split: Split, statistics: Statistics) -> Split:
    """Return a split with standardised inputs, and standardised targets if they are numbers."""
    return replace(split, x=statistics.apply(split.x), y=statistics.targets(split.y))


def write_index(path: Path, index: Index) -> None:
    """Write positions as one packed file."""
    write_bytes(path, save({"train": index.train, "val": index.val}))


def read_index(path: Path) -> Index:
    """Read what `write_index` wrote.

    Raises:
        UserError: If the file is missing or damaged.
    """
    try:
        arrays = load(path.read_bytes())
        return Index(arrays["train"], arrays["val"])
    except (OSError, SafetensorError, KeyError) as error:
        raise UserError(
            f"{path} holds no train and val index: remove {path.parent}/verdict.json "
            "and climb again."
        ) from error


def write_statistics(path: Path, statistics: Statistics) -> None:
    """Write statistics as canonical JSON."""
    write_json(path, asdict(statistics))


def read_statistics(path: Path) -> Statistics:
    """Read what `write_statistics` wrote."""
    return Statistics(**cast("dict[str, Any]", read_json(path)))


def read_proven(folder: Path, split: str, artefact: Locate) -> Split:
    """Read a packed split if its bytes are still those that the stage `data` judged.

    Args:
        folder: The dataset's folder.
        split: train, test_val or test.
        artefact: See `load_prepared`.

    Returns:
        The split, labels joined to inputs.

    Raises:
        UserError: If the file changed since.
    """
    path = folder / f"{split}.safetensors"
    stored = read_json(artefact("data", DIGESTS_FILE))
    if not path.exists() or file_digest(path) != stored[split]:
        raise UserError(
            f"{path} is not what stage 'data' judged: restore it with `dvc checkout --force`, "
            "or climb again from 'data'."
        )
    faults = {name: FaultConfig(**fault) for name, fault in stored.get(FAULTS, {}).items()}
    if not faults:
        return read_split(path).joined()
    names = (name for name in (TRAIN, TEST_VAL, TEST) if name in stored)
    return read_joined({name: folder / f"{name}.safetensors" for name in names}, faults)[split]


def load_prepared(folder: Path, artefact: Locate, *, standardise: bool = True) -> Prepared:
    """Load a run's training and validation data; the test split is never read here.

    Args:
        folder: The dataset's folder.
        artefact: Finds a stage's artefact by stage and file name and proves its bytes:
            `Inputs.artefact`.
        standardise: False leaves the inputs as stored, for published protocols; a regression's
            targets are standardised all the same.

    Returns:
        The data with the index and the statistics that the stage `data` stored.
    """
    index = read_index(artefact("data", INDEX_FILE))
    statistics = read_statistics(artefact("data", STATISTICS_FILE))
    split = read_proven(folder, TRAIN, artefact)
    parts = {TRAIN: split.take(index.train), "val": split.take(index.val)}
    if TEST_VAL in read_json(artefact("data", DIGESTS_FILE)):
        parts[TEST_VAL] = read_proven(folder, TEST_VAL, artefact)
    if not standardise:
        statistics = unscaled(statistics)
    ready = {name: standardised(part, statistics) for name, part in parts.items()}
    return Prepared(ready[TRAIN], ready["val"], statistics, index, ready.get(TEST_VAL))


def unscaled(statistics: Statistics) -> Statistics:
    """Return statistics that leave inputs as they are stored."""
    return replace(statistics, kind="all", mean=[0.0], std=[1.0])


def load_simplified(folder: Path, artefact: Locate) -> Prepared:
    """Load the simplified problem that the stage `simplify` stored.

    Args:
        folder: The dataset's folder.
        artefact: See `load_prepared`.

    Returns:
        Standardised data of the chosen classes and examples; labels count from 0.
    """
    whole = load_prepared(folder, artefact)
    index = read_index(artefact("simplify", INDEX_FILE))
    split = read_proven(folder, TRAIN, artefact)
    classes: Targets = np.unique(split.y[index.train])
    parts = [
        standardised(replace(part, y=relabel(part.y, classes)), whole.statistics)
        for part in (split.take(index.train), split.take(index.val))
    ]
    return Prepared(parts[0], parts[1], whole.statistics, index)


def relabel(y: Targets, classes: Targets) -> Targets:
    """Number the given classes from 0; y holds no others, classes are ascending.

    A regression's targets stay as they are.
    """
    return y if is_regression(y) else np.searchsorted(classes, y).astype(np.int64)


def open_test(folder: Path, artefact: Locate, *, standardise: bool = True) -> Split:
    """Open the test split: for a stage's final measurement, and the caller records the opening.

    Args:
        folder: The dataset's folder.
        artefact: See `load_prepared`.
        standardise: False leaves the inputs as stored; see `load_prepared`.

    Returns:
        The joined test split, standardised by the training statistics.
    """
    split = read_proven(folder, TEST, artefact)
    statistics = read_statistics(artefact("data", STATISTICS_FILE))
    return standardised(split, statistics if standardise else unscaled(statistics))

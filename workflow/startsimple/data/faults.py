"""Injected faults of the data: each takes the joined splits, and returns them with a mistake.

They are planted where packed files are read, so that the files stay those of the pointer: what
is wrong is how they were made into examples.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from startsimple.data.pack import Split, read_split
from startsimple.data.splits import TEST, TRAIN, stratified
from startsimple.data.targets import is_regression
from startsimple.schema.errors import UserError
from startsimple.schema.faults import FaultConfig
from startsimple.schema.seeds import derive
from startsimple.schema.targets import import_target

Splits = dict[str, Split]


def plant(faults: Mapping[str, FaultConfig], splits: Splits) -> Splits:
    """Return joined splits with the configured faults in them, one after the other.

    Args:
        faults: By fault id; none leaves the splits untouched.
        splits: By name, train first.

    Raises:
        UserError: If a fault's target is none of this module's, or its arguments do not fit.
    """
    for name, fault in faults.items():
        change: Callable[..., Splits] = import_target(fault.target)
        try:
            splits = change(splits, **fault.args)
        except TypeError as error:
            raise UserError(
                f"dataset.fault.{name} does not fit {fault.target}: {error}."
            ) from error
    return splits


def read_joined(files: Mapping[str, Path], faults: Mapping[str, FaultConfig]) -> Splits:
    """Read a dataset's packed files, join labels to inputs, and plant the configured faults.

    Args:
        files: By name of the split, train first.
        faults: By fault id.
    """
    return plant(faults, {name: read_split(path).joined() for name, path in files.items()})


def scaled_twice(splits: Splits) -> Splits:
    """D02: inputs were divided by the largest one before, and are once more."""
    largest = float(np.abs(splits[TRAIN].x).max())
    return {n: replace(s, x=(s.x / largest**2).astype(np.float32)) for n, s in splits.items()}


def not_finite(splits: Splits, share: float = 0.001) -> Splits:
    """D04: some training inputs are NaN.

    Args:
        splits: By name.
        share: Share of the values; one at least.
    """
    x = splits[TRAIN].x.copy()
    count = max(1, round(share * x.size))
    x.reshape(-1)[_generator("NaN").choice(x.size, count, replace=False)] = np.nan
    return splits | {TRAIN: replace(splits[TRAIN], x=x)}


def constant(splits: Splits) -> Splits:
    """D05: the loader returns the first example's label for all of them."""
    return {
        name: replace(split, y=np.full_like(split.y, splits[TRAIN].y[0]))
        for name, split in splits.items()
    }


def imbalanced(splits: Splits, kept: float = 0.03) -> Splits:
    """D06: of all training examples but those of class 0, most are gone.

    Args:
        splits: By name.
        kept: Share of the other classes that is left.
    """
    train = splits[TRAIN]
    _require_classes("D06", train)
    others = np.flatnonzero(train.y != 0)
    part = train.take(others)
    few = others[stratified(part.y, part.x_id, max(1, round(kept * len(others))), 0)]
    return splits | {TRAIN: train.take(np.sort(np.append(few, np.flatnonzero(train.y == 0))))}


def noisy_labels(splits: Splits, share: float = 0.4) -> Splits:
    """D07: some training labels are those of other examples.

    Args:
        splits: By name.
        share: Share of the labels.
    """
    train = splits[TRAIN]
    chance = _generator("labels")
    rows = chance.choice(len(train), round(share * len(train)), replace=False)
    y = train.y.copy()
    y[rows] = y[chance.permutation(rows)]
    return splits | {TRAIN: replace(train, y=y)}


def misaligned(splits: Splits) -> Splits:
    """D08: training labels are shifted against their inputs by one row."""
    train = splits[TRAIN]
    return splits | {TRAIN: replace(train, y=np.roll(train.y, 1))}


def leaked(splits: Splits) -> Splits:
    """D09: the test examples are among the training ones, under keys of their own."""
    train, test = splits[TRAIN], splits[TEST]
    keys = train.x_id.max() + 1 + np.arange(len(test))
    x, y = np.concatenate([train.x, test.x]), np.concatenate([train.y, test.y])
    x_id, y_id = np.concatenate([train.x_id, keys]), np.concatenate([train.y_id, keys])
    return splits | {TRAIN: Split(x, y, x_id, y_id)}


def overlapping(splits: Splits, share: float = 0.5) -> Splits:
    """D10: every input is mixed with that of another example of its split.

    Args:
        splits: By name.
        share: Share of the other one in the mixture.
    """
    mixed = dict[str, Split]()
    for name, split in splits.items():
        # In one circle, so that no two examples are mixed with each other.
        circle = _generator(name).permutation(len(split))
        other = np.empty_like(split.x)
        other[circle] = split.x[np.roll(circle, 1)]
        x = (1 - share) * split.x + share * other
        mixed[name] = replace(split, x=x.astype(np.float32))
    return mixed


def too_few(splits: Splits, examples: int = 120) -> Splits:
    """D11: next to nothing is left to learn from.

    Args:
        splits: By name.
        examples: Training examples that are left, the validation ones included.
    """
    train = splits[TRAIN]
    rows = stratified(train.y, train.x_id, min(examples, len(train)), 0)
    return splits | {TRAIN: train.take(rows)}


def shifted(splits: Splits) -> Splits:
    """D12: all but the training inputs were recorded at half the contrast, and brighter."""
    spread = float(splits[TRAIN].x.std())
    return {
        name: split
        if name == TRAIN
        else replace(split, x=(0.5 * split.x + 0.5 * spread).astype(np.float32))
        for name, split in splits.items()
    }


def _generator(purpose: str) -> np.random.Generator:
    return np.random.default_rng(derive(0, "fault", purpose))


def _require_classes(fault: str, split: Split) -> None:
    if is_regression(split.y):
        raise UserError(
            f"Fault {fault} needs classes, and this is a regression: choose the experiment of a "
            "classification."
        )

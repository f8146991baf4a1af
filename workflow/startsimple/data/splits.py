"""The splits of a dataset, and seeded choices of examples that no order of a listing can change.

What a dataset's folder holds, one packed file per split:

- `train`: what is learnt from. The stage `data` holds a part of it out as the validation split
  (`val` in code and figures), so validation examples have the distribution of training.
- `test_val`: only where the test examples are drawn from another distribution than the training
  ones, and then required (D-16). It has the distribution of `test` and shares no example with
  it: what shift costs is measured on it, and models are selected on it.
- `test`: opened once, at the end.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from startsimple.data.pack import Split
from startsimple.data.targets import Integers, Targets, strata
from startsimple.schema.errors import UserError

TRAIN, TEST_VAL, TEST = "train", "test_val", "test"


@dataclass(frozen=True)
class Index:
    """Positions of the training and the validation examples within the train split.

    Attributes:
        train: int64, ascending.
        val: int64, ascending; disjoint from train.
    """

    train: Integers
    val: Integers


def stratified(y: Targets, keys: Integers, count: int, seed: int) -> Integers:
    """Choose examples so that each class, or each tenth of a regression's targets, keeps its share.

    Within a class the examples with the smallest hash of (seed, key) are taken. The choice
    therefore depends on the keys alone: not on the order of the rows, and not on a random
    generator whose stream may change between library versions.

    Args:
        y: Targets, shape (n,).
        keys: Unique key of each example, int64, shape (n,).
        count: How many examples to choose.
        seed: Another seed chooses other examples.

    Returns:
        Positions of the chosen examples, int64, ascending. Each class differs from its exact
        share by less than one example.

    Raises:
        UserError: If more examples are wanted than there are.
    """
    if not 0 <= count <= len(y):
        raise UserError(f"{count} examples cannot be chosen from {len(y)}.")
    y = strata(y)
    ranks = np.array([_rank(seed, int(key)) for key in keys], dtype=np.uint64)
    chosen: list[Integers] = []
    for label, quota in _quotas(y, count).items():
        members = np.flatnonzero(y == label)
        # Equal hashes of different keys would be told apart by the key.
        order = np.lexsort((keys[members], ranks[members]))
        chosen.append(members[order[:quota]])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)


def validation_index(split: Split, fraction: float, seed: int) -> Index:
    """Hold a stratified share of the train split out for validation.

    Args:
        split: The joined train split; its groups, if it has any, stay whole (D-11).
        fraction: Share of the examples, between 0 and 1.
        seed: Seed of the choice.

    Returns:
        The index; both parts together are the whole split.

    Raises:
        UserError: If either part would be empty.
    """
    count = round(len(split) * fraction)
    if not 0 < count < len(split):
        raise UserError(
            f"dataset.validation_fraction={fraction} leaves {len(split) - count} of {len(split)} "
            f"examples for training and {count} for validation: choose a share between 0 and 1."
        )
    if split.group is None:
        val = stratified(split.y, split.x_id, count, seed)
    else:
        val = whole_groups(split.group, count, seed)
    return Index(np.setdiff1d(np.arange(len(split), dtype=np.int64), val), val)


def whole_groups(group: Integers, count: int, seed: int) -> Integers:
    """Choose whole groups, in the order of their hashes, until they hold enough examples.

    Args:
        group: Group of each example, int64, shape (n,).
        count: How many examples to choose at least.
        seed: Another seed chooses other groups.

    Returns:
        Positions of the chosen examples, int64, ascending; never all of them.

    Raises:
        UserError: If there are fewer than two groups.
    """
    names, sizes = np.unique(group, return_counts=True)
    if len(names) < 2:
        raise UserError("All training examples are of one group: none can be held out whole.")
    order = np.argsort([_rank(seed, int(name)) for name in names], kind="stable")
    enough = int(np.searchsorted(np.cumsum(sizes[order]), count)) + 1
    return np.flatnonzero(np.isin(group, names[order[: min(enough, len(names) - 1)]]))


def folds(y: Targets, keys: Integers, count: int, seed: int) -> Integers:
    """Deal the examples of each class to folds in turn, in the order of their hashes.

    Args:
        y: Targets, shape (n,).
        keys: Unique key of each example, int64, shape (n,).
        count: Number of folds.
        seed: Another seed deals otherwise.

    Returns:
        The fold of each example, int64, shape (n,); within a class fold sizes differ by one
        at most.
    """
    y = strata(y)
    ranks = np.array([_rank(seed, int(key)) for key in keys], dtype=np.uint64)
    fold = np.empty(len(y), dtype=np.int64)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        order = np.lexsort((keys[members], ranks[members]))
        fold[members[order]] = np.arange(len(members)) % count
    return fold


def _rank(seed: int, key: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8], "big")


def _quotas(y: Integers, count: int) -> dict[int, int]:
    """Share out `count` among the classes by largest remainder; ties go to the smaller label."""
    labels, sizes = np.unique(y, return_counts=True)
    if not len(labels):
        return {}
    # Integers throughout: no rounding can move an example from one class to another.
    floors = sizes * count // len(y)
    remainders = sizes * count % len(y)
    extra = np.argsort(-remainders, kind="stable")[: count - int(floors.sum())]
    floors[extra] += 1
    return {int(label): int(quota) for label, quota in zip(labels, floors, strict=True)}

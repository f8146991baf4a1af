"""Are the splits apart: preparing, entities, time, and enough examples to tell errors by."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, prepare
from startsimple.data.splits import TEST, Index
from startsimple.data.targets import Integers
from startsimple.schema.verdict import Check, Status, judge

Prepare = Callable[[Split, Index, str], Prepared]

# Preparing treats all rows alike, so a part of a big set shows what it does.
_ROWS = 5000


def check_integrity(split: Split, index: Index, kind: str, how: Prepare = prepare) -> Check:
    """D-10: preparing uses training examples only.

    The validation inputs are replaced by other numbers and everything is prepared again: if
    one prepared training number changes, a statistic was fitted on what it must not see.

    Args:
        split: The joined train split.
        index: Its training and validation examples.
        kind: The dataset's input type.
        how: The preparation under test.
    """
    part = Index(index.train[:_ROWS], index.val[:_ROWS])
    rows = np.sort(np.concatenate([part.train, part.val]))
    part = Index(np.searchsorted(rows, part.train), np.searchsorted(rows, part.val))
    split = split.take(rows)
    x = split.x.copy()
    x[part.val] = 3 * x[part.val] + 7
    before, after = how(split, part, kind).train.x, how(replace(split, x=x), part, kind).train.x
    changed = int((before != after).sum()) if before.shape == after.shape else before.size
    return judge(
        "D-10",
        "split before scaling",
        changed,
        "==",
        0,
        source="method D-10",
        evidence=f"With {len(part.val)} validation inputs altered, {changed} of {before.size} "
        "prepared training numbers change.",
    )


def check_entities(splits: dict[str, Split]) -> Check:
    """D-11: no entity is in two splits, and nothing is learnt from after what is tested on.

    Args:
        splits: All parts, training first; an entity is a group where groups are stored, else a
            key. Times count where they are stored.
    """
    shared, names = 0, list(splits)
    grouped = all(split.group is not None for split in splits.values())
    for position, name in enumerate(names):
        for other in names[position + 1 :]:
            shared += len(np.intersect1d(_entities(splits[name]), _entities(splits[other])))
    what = "groups" if grouped else "keys"
    late, when = _late(splits)
    return judge(
        "D-11",
        "entities in one split",
        shared + late,
        "==",
        0,
        source="method D-11",
        evidence=f"{', '.join(names)} share {shared} {what}; {when}",
    )


def _entities(split: Split) -> Integers:
    return split.x_id if split.group is None else split.group


def _late(splits: dict[str, Split]) -> tuple[int, str]:
    """Count the examples to learn from that are not older than all test examples."""
    tested = splits[TEST].time
    if tested is None or any(split.time is None for split in splits.values()):
        return 0, "no times are stored to order them by."
    first = int(tested.min())
    late = sum(
        int((split.time >= first).sum())
        for name, split in splits.items()
        if name in ("train", "val") and split.time is not None
    )
    return late, f"{late} of the examples to learn from are not older than the test's oldest."


def check_validation_size(examples: int, error: float, regression: bool, least: int) -> Check:
    """D-18: the validation split is large enough to tell errors by.

    At the declared best error the split should still show some twenty errors: about that many
    give a rough picture, a hundred a very good one. A mean squared error of n examples is as
    sure as a count of n/2 errors.

    Args:
        examples: Size of the validation split.
        error: The declared best error, 0 if none is.
        regression: True if the error is no rate.
        least: Errors to expect at least.
    """
    expected = examples / 2 if regression else examples * error
    if not regression and not error:
        return Check(
            "D-18",
            "size of the validation split",
            Status.SKIP,
            source="method D-18",
            evidence=f"{examples} examples; how many errors they show cannot be said, as "
            "dataset.irreducible_error is not declared.",
        )
    unit = "are as sure as a count of" if regression else f"at an error of {error:.1%} show"
    return judge(
        "D-18",
        "size of the validation split",
        round(expected, 1),
        ">=",
        least,
        source="method D-18",
        evidence=f"{examples} validation examples {unit} {expected:.0f} errors; 20 give a rough "
        "picture, 100 a very good one.",
        otherwise=Status.WARN,
    )

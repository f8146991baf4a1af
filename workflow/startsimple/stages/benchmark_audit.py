"""What a protocol really trains on: the scale of its inputs, and a look for leaks (B-02, B-06)."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from startsimple.data.checks.duplicates import find_duplicates, near_duplicates
from startsimple.data.checks.leakage import check_leak
from startsimple.data.checks.separation import check_entities
from startsimple.data.oracles import nearest_neighbours
from startsimple.data.pack import Split
from startsimple.data.targets import rightness, vote
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.verdict import Check, Status, judge

# Mean and spread of all inputs together between which networks are trained (method 13, D-15).
MEAN_MAX = 1.0
SPREAD = (0.05, 10.0)
LEAK_AUC_MAX = 0.98
# Halves of the training rows may differ in score by this much, and by so many standard errors.
HALVES_MAX, SIGMAS = 0.1, 4.0
_REFERENCES, _QUERIES, _NEIGHBOURS = 2000, 4000, 5

UNNORMALISED, SHIFTED, LEAKED = "unnormalised", "shifted_labels", "test_in_train"
BUGS = (UNNORMALISED, SHIFTED, LEAKED)


def planted(bug: str | None, train: Split, test: Split) -> tuple[Split, Split]:
    """Return the protocol's data with an injected fault in them.

    Args:
        bug: unnormalised puts all inputs on the scale of bytes, 0 to 255; shifted_labels moves
            the labels of the second half of the training rows on by one row; test_in_train
            trains on the test rows, too.
        train: What the protocol trains on.
        test: What it is scored on.

    Raises:
        UserError: If there is no such fault.
    """
    if bug is None:
        return train, test
    if bug not in BUGS:
        raise UserError(f"benchmark.protocol.bug='{bug}' is unknown. {nearest(bug, BUGS)}")
    if bug == UNNORMALISED:
        low, high = float(train.x.min()), float(train.x.max())
        scale = 255 / (high - low)
        return replace(train, x=(train.x - low) * scale), replace(test, x=(test.x - low) * scale)
    if bug == SHIFTED:
        half = len(train) // 2
        return replace(train, y=np.concatenate([train.y[:half], np.roll(train.y[half:], 1)])), test
    pairs = ((getattr(train, key), getattr(test, key)) for key in ("x", "y", "x_id", "y_id"))
    return Split(*(np.concatenate(pair) for pair in pairs)), test


def check_inputs(train: Split, test: Split) -> Check:
    """B-06: inputs enter the protocol on a scale that networks are trained on.

    Args:
        train: What the protocol trains on, as it enters the network.
        test: What it is scored on.
    """
    figures = [(float(part.x.mean()), float(part.x.std())) for part in (train, test)]
    off = sum(
        not (abs(mean) <= MEAN_MAX and SPREAD[0] <= spread <= SPREAD[1]) for mean, spread in figures
    )
    (mean, spread), (test_mean, test_spread) = figures
    return judge(
        "B-06",
        "splits whose inputs are off scale",
        off,
        "==",
        0,
        source=f"B-06: mean within {MEAN_MAX:g}, spread {SPREAD[0]:g} to {SPREAD[1]:g}",
        evidence=f"train inputs have mean {mean:.3g} and spread {spread:.3g}, test inputs "
        f"{test_mean:.3g} and {test_spread:.3g}"
        + ("; normalise them once, as the published protocol does" if off else ""),
        otherwise=Status.WARN,
    )


def check_overlap(train: Split, test: Split) -> Check:
    """D-05: none of the test examples is among those that the protocol trains on.

    Args:
        train: What the protocol trains on.
        test: What it is scored on.
    """
    found = find_duplicates({"train": train, "test": test})
    where = f", such as {found.example}" if found.crossing else ""
    return judge(
        "D-05",
        "test examples that are trained on",
        found.crossing,
        "==",
        0,
        source="D-05",
        evidence=f"{found.crossing} of {len(test)} test inputs are among the {len(train)} that "
        f"the protocol trains on{where}",
    )


def check_halves(train: Split, test: Split) -> Check:
    """D-02: the labels of both halves of the training rows fit their inputs equally well.

    Rows that were shifted against their labels from some row on are too few to hide a signal
    from a test of all labels, and enough to spoil a result. Five nearest test examples answer
    for training rows of each half. Blind where neighbours tell nothing about the target.

    Args:
        train: What the protocol trains on.
        test: What it is scored on.
    """
    references = test.take(np.arange(min(len(test), _REFERENCES)))
    right = [
        rightness(
            vote(references.y, nearest_neighbours(references.x, rows.x, _NEIGHBOURS)[1]), rows.y
        )
        for rows in (train.take(half) for half in _halves(len(train)))
    ]
    first, second = (float(scores.mean()) for scores in right)
    noise = math.sqrt(sum(float(scores.var()) / len(scores) for scores in right))
    beyond = abs(first - second) > SIGMAS * noise
    return judge(
        "D-02",
        "halves of the training rows differ in how labels fit",
        round(abs(first - second), 4) if beyond else 0.0,
        "<=",
        HALVES_MAX,
        source=f"D-02; {SIGMAS:g} standard errors, and {HALVES_MAX:g}, are ours",
        evidence=f"neighbours explain {first:.1%} of the first half's labels and {second:.1%} of "
        "the second half's" + ("; in one of them labels may have moved" if beyond else ""),
        otherwise=Status.WARN,
    )


def _halves(count: int) -> list[NDArray[np.int64]]:
    """Return evenly spaced rows of the first and of the second half."""
    middle = count // 2
    return [
        np.linspace(start, end - 1, min(end - start, _QUERIES)).astype(np.int64)
        for start, end in ((0, middle), (middle, count))
    ]


def audit(train: Split, test: Split, overlap: Check, seed: int) -> tuple[bool, Sequence[str]]:
    """Look for the leaks that would make a result too good (B-02).

    Args:
        train: What the protocol trains on.
        test: What it is scored on.
        overlap: The answer of `check_overlap`.
        seed: Seed of the sample of rows that are searched for a telling feature.

    Returns:
        Whether a leak was found, and one sentence a look.
    """
    keys = check_entities({"train": train, "test": test})
    telling = check_leak(train, LEAK_AUC_MAX, seed)
    near = near_duplicates(train, test)
    looks = [f"{check.title}: {check.evidence}" for check in (overlap, keys, telling)]
    looks.append(f"near duplicates: {near} test inputs nearly equal a training one")
    return any(check.status.blocks for check in (overlap, keys, telling)), looks

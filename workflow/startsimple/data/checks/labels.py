"""Are the labels spread well enough to learn from: balance, and no sorted batches."""

import math
from functools import partial

import numpy as np

from startsimple.data.targets import Integers, Targets, is_regression
from startsimple.schema.verdict import Check, Status, judge

_BATCH = 32


def check_balance(y: Targets, classes: int, perplexity_min: float, ratio_max: float) -> Check:
    """D-06: every class occurs, none dominates, and the rows are not sorted by class.

    Args:
        y: Targets of the train split in stored order, shape (n,).
        classes: Declared number of classes.
        perplexity_min: Smallest normalised perplexity of the label histogram (1 is uniform).
        ratio_max: Largest ratio of the biggest to the smallest class before it warns.
    """
    if is_regression(y):
        return Check("D-06", "label balance", Status.SKIP, evidence="A regression has no classes.")
    counts = np.bincount(y, minlength=classes)[:classes]
    perplexity = normalised_perplexity(counts)
    single = single_label_batches(y)
    empty = np.flatnonzero(counts == 0)
    ratio = math.inf if len(empty) else float(counts.max() / counts.min())
    notes = [f"Classes hold {counts.min()} to {counts.max()} examples"]
    if len(empty):
        notes.append(f"classes {', '.join(map(str, empty))} have none")
    if single:
        notes.append(f"{single} stored batches of {_BATCH} hold one label only: rows are sorted")
    judged = partial(
        judge, "D-06", "label balance", source="method D-06", evidence="; ".join(notes) + "."
    )
    if perplexity >= perplexity_min and single:
        return judged(single, "==", 0, otherwise=Status.WARN)
    if perplexity >= perplexity_min and ratio > ratio_max:
        return judged(round(ratio, 4), "<=", ratio_max, otherwise=Status.WARN)
    return judged(round(perplexity, 4), ">=", perplexity_min)


def normalised_perplexity(counts: Integers) -> float:
    """Return exp(entropy) over the number of classes: 1 if uniform, 1/classes if one label."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()) / len(counts))


def single_label_batches(y: Integers) -> int:
    """Count the stored batches that hold one label while the split holds several."""
    if len(np.unique(y)) < 2:
        return 0
    whole = y[: len(y) // _BATCH * _BATCH].reshape(-1, _BATCH)
    return int((whole == whole[:, :1]).all(1).sum())

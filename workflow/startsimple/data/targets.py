"""What is predicted: classes are integers, the targets of a regression are floats.

The type of `Split.y` is the whole difference between the two tasks, and this file and
`program.metric` are where it is asked for: everything else works with scores of examples, whose
mean is the accuracy, or the explained variance.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Targets = NDArray[Any]

# Strata of a regression's targets: tenths of their order.
_STRATA = 10


def is_regression(y: Targets) -> bool:
    """Return whether targets are numbers to be met and not classes to be told apart."""
    return bool(np.issubdtype(y.dtype, np.floating))


def strata(y: Targets) -> Integers:
    """Return the stratum of each target, shape (n,): its class, or its tenth of the range of ranks.

    Args:
        y: Targets, shape (n,).
    """
    if not is_regression(y):
        return y.astype(np.int64)
    ranks = np.empty(len(y), dtype=np.int64)
    ranks[np.argsort(y, kind="stable")] = np.arange(len(y))
    return ranks * min(_STRATA, len(y)) // max(len(y), 1)


def vote(y: Targets, neighbours: Integers) -> Targets:
    """Return what each row's neighbours say: their most frequent class, or their mean.

    Args:
        y: Targets, shape (n,).
        neighbours: Positions in y, shape (m, k).

    Returns:
        Shape (m,); a tie goes to the smaller class.
    """
    if is_regression(y):
        return y[neighbours].mean(1)
    labels = np.unique(y)
    counts = np.stack([(y[neighbours] == label).sum(1) for label in labels], axis=1)
    return labels[np.argmax(counts, axis=1)]


def rightness(guesses: Targets, y: Targets) -> NDArray[np.float64]:
    """Return how right each guess is: 1 or 0, or 1 minus its squared error; shape (n,)."""
    if is_regression(y):
        return 1 - np.square(guesses.astype(np.float64) - y)
    return (guesses == y).astype(np.float64)


def score(guesses: Targets, y: Targets) -> float:
    """Return the accuracy of guesses, or the share of the targets' variance that they explain."""
    if is_regression(y):
        return float(1 - np.mean(np.square(guesses - y)) / max(float(np.var(y)), 1e-12))
    return float((guesses == y).mean())


def chance(y: Targets) -> float:
    """Return the score of the best constant answer: the majority's share, or 0."""
    return 0.0 if is_regression(y) else float(np.bincount(y).max() / len(y))

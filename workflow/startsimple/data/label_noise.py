"""Labels that are probably wrong, by cross-validated confident learning (Northcutt 2021, D-19).

It needs nothing but predicted probabilities of models that have not seen the example; who
trains them does not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from startsimple.data.targets import Integers

Probabilities = NDArray[np.floating]


@dataclass(frozen=True)
class LabelNoise:
    """What confident learning makes of a set of labels.

    Attributes:
        candidates: Positions of examples whose label is doubted, the most doubtful first.
        suggested: The class that the model is confident of, for each candidate.
        margins: Probability of the suggested class above that of the label, for each.
        rate: Estimated share of wrong labels, each class weighted by its frequency.
        accuracy: Of the models that judged; weak ones doubt what is merely hard.
    """

    candidates: Integers
    suggested: Integers
    margins: NDArray[np.float64]
    rate: float
    accuracy: float


def confident_learning(probabilities: Probabilities, y: Integers) -> LabelNoise:
    """Find labels that contradict confident predictions.

    A class is confidently predicted where its probability is at least the mean probability that
    examples labelled with it get. Classes that the model finds hard have a low bar, so an
    ambiguous example is not doubted merely because it is ambiguous.

    Args:
        probabilities: Out-of-sample class probabilities, shape (n, classes).
        y: Given labels, shape (n,), counting from 0.

    Returns:
        The candidates and the estimated noise rate.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    n, classes = scores.shape
    present = np.bincount(y, minlength=classes) > 0
    bars = np.full(classes, np.inf)
    for label in np.flatnonzero(present):
        bars[label] = scores[y == label, label].mean()
    confident = np.where(scores >= bars, scores, -1.0)
    guess = confident.argmax(axis=1)
    sure = confident.max(axis=1) >= 0
    joint = np.zeros((classes, classes))
    np.add.at(joint, (y[sure], guess[sure]), 1)
    given = scores[np.arange(n), y]
    margins = scores[np.arange(n), guess] - given
    doubted = np.flatnonzero(sure & (guess != y) & (margins > 0))
    order = doubted[np.argsort(-margins[doubted], kind="stable")]
    return LabelNoise(
        order.astype(np.int64),
        guess[order].astype(np.int64),
        margins[order],
        _rate(joint, np.bincount(y, minlength=classes)),
        float((scores.argmax(axis=1) == y).mean()),
    )


def _rate(joint: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """Return the off-diagonal share of the joint, its rows scaled to the labels' counts."""
    totals = joint.sum(axis=1)
    off = totals - np.diag(joint)
    shares = np.divide(off, totals, out=np.zeros_like(off), where=totals > 0)
    return float((shares * counts).sum() / max(counts.sum(), 1))

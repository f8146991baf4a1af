"""How well confidences match what comes true (E-12)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from startsimple.data.pack import Integers
from startsimple.training.error_sets import Errors, paired_difference
from startsimple.training.statistics import Estimate, rate_interval

_BINS = 10


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy.

    Attributes:
        bins: For each bin of confidence: its mean confidence, accuracy with interval, count.
        excess: Mean confidence less accuracy, with its interval; above 0 is overconfident.
        expected_error: Mean distance of confidence and accuracy over the bins (ECE).
        bias: Predicted share less true share of each class: the prediction bias.
    """

    bins: list[dict[str, Any]]
    excess: Estimate
    expected_error: float
    bias: list[float]


def calibration(probabilities: Errors, y: Integers, confidence: float) -> Calibration:
    """Compare confidences with what came true.

    Args:
        probabilities: Class probabilities, shape (n, classes).
        y: Labels, shape (n,).
        confidence: Confidence of the intervals.

    Returns:
        The comparison.
    """
    told = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == y).astype(np.float64)
    place = np.minimum((told * _BINS).astype(int), _BINS - 1)
    bins = [_bin(told[place == k], right[place == k], confidence) for k in np.unique(place)]
    distance = sum(abs(one["confidence"] - one["accuracy"]["value"]) * one["count"] for one in bins)
    truth = np.bincount(y, minlength=probabilities.shape[1]) / len(y)
    return Calibration(
        bins,
        paired_difference(right, told, confidence, seed=0),
        float(distance / len(y)),
        [float(v) for v in probabilities.mean(axis=0) - truth],
    )


def _bin(told: Errors, right: Errors, confidence: float) -> dict[str, Any]:
    return {
        "confidence": float(told.mean()),
        "accuracy": vars(rate_interval(float(right.mean()), len(right), confidence)),
        "count": len(right),
    }

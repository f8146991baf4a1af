"""What a person wants to see of a dataset: histograms, ranges, outliers (D-09)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Split
from startsimple.data.targets import is_regression

_BINS = 30
_TARGET_BINS = 10
_OUTLIERS = 5
# Beyond this many features a table per feature is no longer read by anybody.
_FEATURES_MAX = 256


def describe(splits: dict[str, Split], classes: int) -> dict[str, Any]:
    """Describe a dataset for the report.

    Args:
        splits: Training, validation and test examples, as stored and joined.
        classes: Number of classes.

    Returns:
        label_histogram (counts per split), feature_ranges and value_histogram of the training
        inputs, and outliers per axis.
    """
    train = next(iter(splits.values()))
    rows = train.x.reshape(len(train), -1).astype(np.float64)
    counts, edges = np.histogram(rows, _BINS)
    return {
        "label_histogram": {
            name: _label_counts(split, train, classes) for name, split in splits.items()
        },
        "feature_ranges": _ranges(rows),
        "value_histogram": {"counts": counts.tolist(), "edges": _short(edges)},
        "outliers": outliers(train),
    }


def _label_counts(split: Split, train: Split, classes: int) -> list[int]:
    """Count the examples of each class, or of each tenth of the range of training targets."""
    if not is_regression(split.y):
        return np.bincount(split.y, minlength=classes).tolist()
    span = (float(train.y.min()), float(train.y.max()))
    return np.histogram(split.y, _TARGET_BINS, span)[0].tolist()


def outliers(split: Split) -> dict[str, list[dict[str, float]]]:
    """Sort examples by several attributes and return the most extreme ones of each (D-09).

    Args:
        split: The examples.

    Returns:
        By attribute (mean, spread, smallest, largest, feature), rows with their key, label,
        value and distance from the attribute's mean in standard deviations, farthest first.
    """
    rows = split.x.reshape(len(split), -1).astype(np.float64)
    deviation = np.abs(rows - rows.mean(0)) / np.where(rows.std(0) > 0, rows.std(0), 1)
    axes = {
        "mean": rows.mean(1),
        "spread": rows.std(1),
        "smallest": rows.min(1),
        "largest": rows.max(1),
        "feature": deviation.max(1),
    }
    return {name: _extremes(split, values) for name, values in axes.items()}


def _extremes(split: Split, values: NDArray[np.float64]) -> list[dict[str, float]]:
    scores = np.abs(values - values.mean()) / (values.std() or 1.0)
    order = np.lexsort((split.x_id, -scores.round(9)))[:_OUTLIERS]
    return [
        {
            "row": int(row),
            "key": int(split.x_id[row]),
            "label": split.y[row].item(),
            "value": round(float(values[row]), 6),
            "deviations": round(float(scores[row]), 3),
        }
        for row in order
    ]


def _ranges(rows: NDArray[np.float64]) -> list[dict[str, float]]:
    return [
        {
            "feature": feature,
            "min": round(float(column.min()), 6),
            "max": round(float(column.max()), 6),
            "mean": round(float(column.mean()), 6),
            "std": round(float(column.std()), 6),
        }
        for feature, column in enumerate(rows.T[:_FEATURES_MAX])
    ]


def _short(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 6) for value in values]

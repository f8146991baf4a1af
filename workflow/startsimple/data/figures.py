"""What a person wants to see of a dataset: histograms, ranges, outliers (D-09)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Split
from startsimple.data.targets import is_regression

_BINS = 30
_OUTLIERS = 5
# Beyond this many features a table per feature is no longer read by anybody.
_FEATURES_MAX = 256
_TARGET_BINS = 12
# Histograms and ranges of more examples look the same, and take long.
_ROWS = 10_000
# What an example is judged by: extremes of bounded inputs, such as pixels, have no spread to
# measure distances in.
JUDGED_AXES = ("mean", "spread")


def describe(splits: dict[str, Split], classes: int) -> dict[str, Any]:
    """Describe a dataset for the report.

    Args:
        splits: Training, validation and test examples, as stored and joined.
        classes: Number of classes, if the labels are no numbers.

    Returns:
        label_histogram (counts per split; of numbers in the bins of label_edges),
        feature_ranges and value_histogram of the first 10,000 training inputs, the features
        that never vary, and outliers per axis.
    """
    train = next(iter(splits.values()))
    rows = train.x[:_ROWS].reshape(min(len(train), _ROWS), -1).astype(np.float64)
    counts, edges = np.histogram(rows, _BINS)
    return {
        **_labels(splits, classes),
        "feature_ranges": _ranges(rows),
        "value_histogram": {"counts": counts.tolist(), "edges": _short(edges)},
        "constant_features": np.flatnonzero(np.ptp(_rows(train), axis=0) == 0).tolist(),
        "outliers": outliers(train),
    }


def _labels(splits: dict[str, Split], classes: int) -> dict[str, Any]:
    if not is_regression(next(iter(splits.values())).y):
        counts = {n: np.bincount(split.y, minlength=classes) for n, split in splits.items()}
        return {"label_histogram": {name: count.tolist() for name, count in counts.items()}}
    edges = np.histogram_bin_edges(np.concatenate([s.y for s in splits.values()]), _TARGET_BINS)
    binned = {name: np.histogram(split.y, edges)[0].tolist() for name, split in splits.items()}
    return {"label_histogram": binned, "label_edges": _short(edges)}


def outliers(split: Split) -> dict[str, list[dict[str, float]]]:
    """Sort examples by several attributes and return the most extreme ones of each (D-09).

    Args:
        split: The examples.

    Returns:
        By attribute (mean, spread, smallest, largest, feature), rows with their key, label,
        value and distance from the attribute's mean in standard deviations, farthest first.
    """
    rows = _rows(split)
    spread = rows.std(0, dtype=np.float64)
    scale = np.where(spread > 0, spread, 1).astype(np.float32)
    deviation = np.abs(rows - rows.mean(0, dtype=np.float64).astype(np.float32)) / scale
    axes = {
        "mean": rows.mean(1, dtype=np.float64),
        "spread": rows.std(1, dtype=np.float64),
        "smallest": rows.min(1),
        "largest": rows.max(1),
        "feature": deviation.max(1),
    }
    return {name: _extremes(split, values) for name, values in axes.items()}


def _rows(split: Split) -> NDArray[np.float32]:
    return split.x.reshape(len(split), -1)


def _extremes(split: Split, values: NDArray[np.floating]) -> list[dict[str, float]]:
    scores = np.abs(values - values.mean()) / (values.std() or 1.0)
    order = np.lexsort((split.x_id, -scores.round(9)))[:_OUTLIERS]
    return [
        {
            "row": int(row),
            "key": int(split.x_id[row]),
            "label": round(float(split.y[row]), 6),
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

"""Can the numbers be trained on: schema, corrupted examples, outliers, constants, scale."""

import numpy as np
from numpy.typing import NDArray

from startsimple.data.figures import JUDGED_AXES, outliers
from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared
from startsimple.data.targets import Floats, Targets, is_regression
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status, judge

_SHAPES = {"vector": "(n, features)", "sequence": "(n, length)", "image": "(n, channels, h, w)"}
_DIMENSIONS = {"vector": (2,), "sequence": (2, 3), "image": (4,)}


def check_schema(splits: dict[str, Split], dataset: DatasetConfig) -> Check:
    """D-04: shape, type and label range are the declared ones, and test looks like train.

    Args:
        splits: The joined splits, train first.
        dataset: Declares the input type, the task and the number of classes.
    """
    train = splits["train"]
    problems: list[str] = []
    if train.x.ndim not in _DIMENSIONS.get(dataset.input, (train.x.ndim,)):
        wanted = _SHAPES[dataset.input]
        problems.append(f"train: inputs of shape {train.x.shape} are no {dataset.input} {wanted}")
    finite = train.x[np.isfinite(train.x)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    for name, split in splits.items():
        if is_regression(split.y) != (dataset.task == "regression"):
            problems.append(f"{name}: {split.y.dtype} labels do not fit the task {dataset.task}")
            continue
        wrong = np.flatnonzero(_wrong_labels(split.y, train.y, dataset))
        if len(wrong):
            problems.append(
                f"{name}.safetensors row {wrong[0]}: label {split.y[wrong[0]]} is outside "
                f"{_label_range(train.y, dataset)} ({len(wrong)} such rows)"
            )
        if split.x.shape[1:] != train.x.shape[1:] or split.x.dtype != train.x.dtype:
            problems.append(f"{name}: {split.x.dtype} inputs of shape {split.x.shape[1:]}")
        # One whole training range beyond its ends is another unit, not another example.
        beyond = np.argwhere((split.x < 2 * low - high) | (split.x > 2 * high - low))
        if len(beyond):
            problems.append(
                f"{name}.safetensors row {beyond[0][0]}: {split.x[tuple(beyond[0])]:.3g} is far "
                f"outside of train's range {low:.3g} to {high:.3g}"
            )
    return judge(
        "D-04",
        "schema",
        len(problems),
        "==",
        0,
        source="method D-04",
        evidence="; ".join(problems)
        or f"All splits hold {train.x.dtype} {train.x.shape[1:]} from {low:.3g} to {high:.3g} and "
        f"labels {_label_range(train.y, dataset)}.",
    )


def _wrong_labels(y: Targets, trained: Targets, dataset: DatasetConfig) -> NDArray[np.bool_]:
    if not is_regression(y):
        return (y < 0) | (y >= dataset.classes)
    # As for inputs: one whole training range beyond its ends is another unit.
    low, high = np.nanmin(trained), np.nanmax(trained)
    return (y < 2 * low - high) | (y > 2 * high - low)


def _label_range(trained: Targets, dataset: DatasetConfig) -> str:
    if is_regression(trained):
        return f"{np.nanmin(trained):.3g} to {np.nanmax(trained):.3g}"
    return f"0 to {dataset.classes - 1}"


def check_corrupted(splits: dict[str, Split]) -> Check:
    """D-08: no example holds NaN or an infinity, and none is all zero."""
    problems: list[str] = []
    count = 0
    for name, split in splits.items():
        rows = _rows(split.x)
        for what, bad in (
            ("NaN or infinity", ~np.isfinite(rows).all(1)),
            ("only zeros", (rows == 0).all(1)),
            ("a label that is no number", ~np.isfinite(split.y)),
        ):
            where = np.flatnonzero(bad)
            count += len(where)
            if len(where):
                key = split.x_id[where[0]]
                problems.append(
                    f"{name}.safetensors row {where[0]} (key {key}) holds {what} "
                    f"({len(where)} such rows)"
                )
    total = sum(len(split) for split in splits.values())
    return judge(
        "D-08",
        "corrupted examples",
        count,
        "==",
        0,
        source="method D-08",
        evidence="; ".join(problems)
        or f"None of {total} examples holds NaN, an infinity, or only zeros.",
    )


def check_outliers(train: Split, settings: DataStage) -> Check:
    """D-09: no example stands far apart by the mean or the spread of its values.

    The most extreme examples by these, by smallest and largest value and by single features are
    stored for people to look at: they nearly always show a fault of the data or of their
    preparation.

    Args:
        train: Training examples, as stored.
        settings: Standard deviations from the mean of an axis that are tolerated.
    """
    found = outliers(train)
    far = [(rows[0]["deviations"], axis, rows[0]["key"]) for axis, rows in found.items()]
    worst = max(item for item in far if item[1] in JUDGED_AXES)
    told = ", ".join(f"{axis} {size:.1f} (key {key})" for size, axis, key in far)
    return judge(
        "D-09",
        "outliers",
        round(worst[0], 3),
        "<=",
        settings.outlier_deviations_max,
        source="method D-09; the bound is ours",
        evidence=f"Farthest from the mean, in standard deviations: {told}; the first of each axis "
        "are in figures.json.",
        otherwise=Status.WARN,
    )


def check_constant(train: Split, settings: DataStage) -> Check:
    """D-07: the training inputs and labels vary.

    A set in which nothing varies, or with a single label, fails. Some constant features do
    not: the border pixels of centred digits are always 0, carry nothing, and standardising
    turns them into zeros. They warn, since they may also be a column that was never filled.

    Args:
        train: Training examples, as stored.
        settings: Spread of a regression's target, relative to its mean, below which an output
            has to start at that mean.
    """
    spread = _rows(train.x).std(0, dtype=np.float64)
    constant = np.flatnonzero(spread == 0)
    typical = float(np.median(spread[spread > 0])) if len(constant) < len(spread) else 0.0
    near = np.flatnonzero((spread > 0) & (spread < 1e-3 * typical))
    labels = len(np.unique(train.y))
    variation = float(np.std(train.y) / (abs(np.mean(train.y)) or 1.0))
    regression = is_regression(train.y)
    flat = regression and variation <= settings.target_variation_min
    listed = ", ".join(str(feature) for feature in constant[:12])
    more = ", ..." if len(constant) > 12 else ""
    zeros = f" ({listed}{more}) and become zeros" if listed else ""
    return judge(
        "D-07",
        "constant features or labels",
        len(constant) + len(near) + (labels < 2 or flat),
        "==",
        0,
        source="method D-07",
        evidence=f"{len(constant)} of {len(spread)} features never vary{zeros}, {len(near)} hardly "
        f"vary; labels take {labels} values"
        f"{f' and vary by {variation:.2g} of their mean' if regression else ''}.",
        otherwise=Status.FAIL if len(constant) == len(spread) or labels < 2 else Status.WARN,
    )


def check_scale(train: Split, prepared: Prepared, kind: str, settings: DataStage) -> Check:
    """D-15: nothing was scaled twice.

    Pixels divided by 255 twice end at 1/255, and inputs with a spread well below 0.05 hardly
    move a network: as stored that fails for images and warns for other inputs, whose units may
    be small. After standardising, the spread must be 1 whatever it was.

    Args:
        train: Training examples, as stored.
        prepared: The same, standardised.
        kind: The dataset's input type.
        settings: Spread of stored inputs below which a second division by 255 is likely.
    """
    top, stored = float(np.abs(train.x).max()), float(train.x.std(dtype=np.float64))
    rows = _rows(prepared.train.x)
    ready = float(rows[:, rows.std(0, dtype=np.float64) > 0].std(dtype=np.float64))
    # Features differ in spread, so their pooled spread may be a little off 1.
    tiny = stored < settings.spread_min and abs(ready - 1) <= 0.1
    return judge(
        "D-15",
        "scaled once",
        round(stored if tiny else ready, 6),
        ">=" if tiny else "in",
        settings.spread_min if tiny else [0.9, 1.1],
        source="method D-15",
        evidence=f"Stored inputs reach {top:.3g} with a spread of {stored:.3g}; standardised ones "
        f"have a spread of {ready:.3f}.",
        otherwise=Status.WARN if tiny and kind != "image" else Status.FAIL,
    )


def _rows(x: Floats) -> NDArray[np.float32]:
    return x.reshape(len(x), -1)

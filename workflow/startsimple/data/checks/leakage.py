"""Does something reach training that must not: duplicates, held-out statistics, the label."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from startsimple.data.oracles import nearest_neighbours
from startsimple.data.pack import Split
from startsimple.data.prepared import Prepared, prepare
from startsimple.data.splits import Index, stratified
from startsimple.data.targets import Integers, Targets, score, strata
from startsimple.schema.verdict import Check, Status, judge

Prepare = Callable[[Split, Index, str], Prepared]

# A quarter of the typical distance between neighbours is closer than independent examples get.
_NEAR = 0.25
_ROWS = 2000
_MEMBERS_MIN = 20


@dataclass(frozen=True)
class Duplicates:
    """Examples whose inputs occur more than once.

    Attributes:
        crossing: Held-out examples whose inputs are also among the training ones.
        within: Repetitions inside one split.
        conflicting: Repetitions with another label.
        example: Two keys that share their inputs, for the evidence.
    """

    crossing: int
    within: int
    conflicting: int
    example: str


def find_duplicates(splits: dict[str, Split]) -> Duplicates:
    """Compare the inputs of all examples, byte for byte; the first split is the training one."""
    first: dict[bytes, tuple[str, float, int]] = {}
    crossing = within = conflicting = 0
    example = ""
    for name, split in splits.items():
        for x, y, key in zip(split.x, split.y, split.x_id, strict=True):
            mine = (name, y.item(), int(key))
            known = first.setdefault(x.tobytes(), mine)
            if known == mine:
                continue
            crossing += known[0] != name
            within += known[0] == name
            conflicting += known[1] != y.item()
            example = example or f"{known[0]} key {known[2]} and {name} key {int(key)}"
    return Duplicates(crossing, within, conflicting, example)


def check_duplicates(splits: dict[str, Split]) -> Check:
    """D-05: no example occurs in two splits; repetitions within one and near ones are counted.

    Repetitions within a split warn; with different labels they fail, since no model can fit
    them.

    Args:
        splits: The parts "train", "val" and "test", in this order.
    """
    found = find_duplicates(splits)
    near = near_duplicates(splits["train"], splits["test"])
    fatal = found.crossing + found.conflicting
    where = f", such as {found.example}" if found.example else ""
    return judge(
        "D-05",
        "duplicates",
        fatal or found.within,
        "==",
        0,
        source="method D-05",
        evidence=f"{found.crossing} inputs occur in two splits, {found.within} twice in one, "
        f"{found.conflicting} with different labels{where}; {near} test inputs nearly equal a "
        "training one.",
        otherwise=Status.FAIL if fatal else Status.WARN,
    )


def near_duplicates(train: Split, held_out: Split) -> int:
    """Count held-out inputs far closer to a training input than is usual in this set."""
    distances, _ = nearest_neighbours(train.x, held_out.x[:_ROWS], 1)
    nearest = distances[:, 0]
    return int((nearest < _NEAR * np.median(nearest)).sum())


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
    x = split.x.copy()
    x[index.val] = 3 * x[index.val] + 7
    before, after = how(split, index, kind).train.x, how(replace(split, x=x), index, kind).train.x
    changed = int((before != after).sum()) if before.shape == after.shape else before.size
    return judge(
        "D-10",
        "split before scaling",
        changed,
        "==",
        0,
        source="method D-10",
        evidence=f"With all {len(index.val)} validation inputs altered, {changed} of {before.size} "
        "prepared training numbers change.",
    )


def check_entities(splits: dict[str, Split]) -> Check:
    """D-11: no entity is in two splits; the keys stand for the entities."""
    shared = 0
    names = list(splits)
    for position, name in enumerate(names):
        for other in names[position + 1 :]:
            shared += len(np.intersect1d(splits[name].x_id, splits[other].x_id))
    return judge(
        "D-11",
        "entities in one split",
        shared,
        "==",
        0,
        source="method D-11",
        evidence=f"{', '.join(names)} share {shared} keys; no time is declared to order them by.",
    )


def check_leak(train: Split, auc_max: float, seed: int) -> Check:
    """D-13: no single feature gives the label away.

    A feature whose ranks separate one class from the rest too well warns, as easy classes
    exist. A feature that alone predicts every label of examples not seen is a copy of the
    label, and fails.

    Args:
        train: Training examples.
        auc_max: Largest area under the ROC curve, and accuracy, that one feature may reach.
        seed: Seed of the sample of rows that is looked at.
    """
    rows = stratified(train.y, train.x_id, min(len(train), _ROWS), seed)
    x, y = train.x[rows].reshape(len(rows), -1), train.y[rows]
    # A regression's targets are told apart by their tenths here.
    auc, feature, label = best_auc(x, strata(y))
    copy, copied = best_single_feature(x, y)
    leaks = copy > auc_max
    return judge(
        "D-13",
        "label in one feature",
        round(copy if leaks else auc, 4),
        "<=",
        auc_max,
        source="method D-13",
        evidence=f"Best single feature for one class: {feature} finds class {label} with AUC "
        f"{auc:.3f}; best for all: {copied} alone predicts {copy:.1%} of unseen labels.",
        otherwise=Status.FAIL if leaks else Status.WARN,
    )


def best_auc(x: NDArray[np.float32], y: Integers) -> tuple[float, int, int]:
    """Return the largest one-against-rest AUC of any feature, the feature and the class.

    Args:
        x: Inputs, shape (n, features).
        y: Labels, shape (n,); classes with under 20 examples are left out, as chance reaches
            a high AUC on them.
    """
    best = (0.5, 0, 0)
    members = {int(c): y == c for c in np.unique(y) if _MEMBERS_MIN <= (y == c).sum() < len(y)}
    for feature in range(x.shape[1]):
        column = x[:, feature]
        ordered = np.sort(column)
        # Equal values share the mean of their ranks.
        ranks = (np.searchsorted(ordered, column) + np.searchsorted(ordered, column, "right")) / 2
        for label, mask in members.items():
            inside = int(mask.sum())
            area = (ranks[mask].sum() - inside * inside / 2) / (inside * (len(y) - inside))
            best = max(best, (float(max(area, 1 - area)), feature, label))
    return best


def best_single_feature(x: NDArray[np.float32], y: Targets) -> tuple[float, int]:
    """Return the best score of one feature's nearest neighbour, and that feature.

    Every other row is the reference for the rows between.
    """
    best = (0.0, 0)
    for feature in range(x.shape[1]):
        column, labels = x[::2, feature], y[::2]
        order = np.argsort(column, kind="stable")
        column, labels = column[order], labels[order]
        queries, truth = x[1::2, feature], y[1::2]
        right = np.searchsorted(column, queries).clip(1, len(column) - 1)
        closer = queries - column[right - 1] < column[right] - queries
        best = max(best, (score(labels[np.where(closer, right - 1, right)], truth), feature))
    return best

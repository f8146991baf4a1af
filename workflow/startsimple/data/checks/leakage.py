"""Does something give the label away: one feature, or all of them together."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.checks.labels import unseen
from startsimple.data.pack import Split
from startsimple.data.reference import Reference, sample
from startsimple.data.targets import Integers, Targets, is_regression, score
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status, judge

_ROWS = 2000
_MEMBERS_MIN = 20
# Held-out examples that are this much easier than unseen training ones are no fair sample.
_EASIER = 0.05


def check_too_good(reference: Reference, irreducible: float, settings: DataStage) -> Check:
    """D-14: a model in closed form is not better than anyone is said to be.

    A label that leaks through many features at once leaves no single one suspicious, but makes
    the problem too easy. It warns, as the declared best error may be wrong instead. Validation
    examples that are clearly easier than unseen training ones warn as well.

    Args:
        reference: Judges examples that it has not seen.
        irreducible: The declared best error; 0 declares nothing that could be beaten.
        settings: Significance, and the share of explained variance that is too good.
    """
    scores, y = unseen(reference)
    skill = reference.skill(scores, y)
    easier = reference.skill(reference.held_out, reference.val.y) - reference.skill(
        reference.crossed, reference.train.y
    )
    margin = _EASIER + 2 * np.sqrt(max(0.0, skill * (1 - skill)) / len(reference.val))
    if reference.regression:
        value, op, bound = round(skill, 4), "<=", settings.leak_auc_max
        told = f"explains {skill:.1%} of the variance of {len(y)} unseen targets"
    else:
        wrong = int((reference.guesses(scores) != y).sum())
        special: Any = import_module("scipy.special")
        p = float(special.bdtr(wrong, len(y), irreducible)) if irreducible else 1.0
        value, op, bound = round(p, 4), ">", settings.too_good_alpha
        told = (
            f"gets {wrong / len(y):.1%} of {len(y)} unseen labels wrong; the declared best error "
            f"is {irreducible:.1%}"
        )
    # Targets of a regression are not compared this way: a few of them make most of the variance.
    if not reference.regression and easier > margin:
        value, op, bound = round(float(easier), 4), "<=", round(float(margin), 4)
        told += f"; validation examples are easier than training ones by {easier:.1%}"
    return judge(
        "D-14",
        "too good to be true",
        value,
        op,
        bound,
        source="method D-14",
        evidence=f"The reference model {told}.",
        otherwise=Status.WARN,
    )


def check_leak(train: Split, auc_max: float, seed: int) -> Check:
    """D-13: no single feature gives the label away.

    A feature whose ranks separate one class from the rest too well warns, as easy classes
    exist. A feature that alone predicts every label of examples not seen is a copy of the
    label, and fails. Of a regression the ranks of features and targets are compared.

    Args:
        train: Training examples.
        auc_max: Largest area under the ROC curve, and accuracy or share of explained variance,
            that one feature may reach.
        seed: Seed of the sample of rows that is looked at.
    """
    chosen = sample(train, _ROWS, seed)
    x, y = chosen.x.reshape(len(chosen), -1), chosen.y
    copy, copied = best_single_feature(x, y)
    if is_regression(y):
        auc, feature = best_concordance(x, y)
        single = f"Best single feature by rank: {feature} with a concordance of {auc:.3f}"
        predicts = f"{copied} alone explains {copy:.1%} of unseen targets' variance"
    else:
        auc, feature, label = best_auc(x, y)
        single = f"Best single feature for one class: {feature} finds class {label} with AUC "
        single += f"{auc:.3f}"
        predicts = f"{copied} alone predicts {copy:.1%} of unseen labels"
    leaks = copy > auc_max
    return judge(
        "D-13",
        "label in one feature",
        round(copy if leaks else auc, 4),
        "<=",
        auc_max,
        source="method D-13",
        evidence=f"{single}; best for all: {predicts}.",
        otherwise=Status.FAIL if leaks else Status.WARN,
    )


def best_concordance(x: NDArray[np.float32], y: Targets) -> tuple[float, int]:
    """Return the largest concordance of any feature with the target, and the feature.

    Args:
        x: Inputs, shape (n, features).
        y: Targets, shape (n,).

    Returns:
        (1 + |Spearman's correlation|) / 2, which reads like an AUC, and the feature.
    """
    ranks, goal = _ranks(x), _ranks(y[:, None])[:, 0]
    ranks, goal = ranks - ranks.mean(0), goal - goal.mean()
    norms = np.linalg.norm(ranks, axis=0) * np.linalg.norm(goal)
    correlation = np.abs(goal @ ranks) / np.where(norms > 0, norms, np.inf)
    best = int(correlation.argmax())
    return (1 + float(correlation[best])) / 2, best


def _ranks(columns: NDArray[Any]) -> NDArray[np.float64]:
    """Rank each column; equal values share the mean of their ranks."""
    ranks = np.empty(columns.shape)
    for feature, column in enumerate(columns.T):
        ordered = np.sort(column)
        ranks[:, feature] = np.searchsorted(ordered, column)
        ranks[:, feature] += np.searchsorted(ordered, column, "right")
    return ranks / 2


def best_auc(x: NDArray[np.float32], y: Integers) -> tuple[float, int, int]:
    """Return the largest one-against-rest AUC of any feature, the feature and the class.

    Args:
        x: Inputs, shape (n, features).
        y: Labels, shape (n,); classes with under 20 examples are left out, as chance reaches
            a high AUC on them.
    """
    best = (0.5, 0, 0)
    ranks = _ranks(x)
    for label in np.unique(y):
        mask = y == label
        inside, outside = int(mask.sum()), int((~mask).sum())
        if inside < _MEMBERS_MIN or not outside:
            continue
        areas = (ranks[mask].sum(0) - inside * inside / 2) / (inside * outside)
        areas = np.maximum(areas, 1 - areas)
        feature = int(areas.argmax())
        best = max(best, (float(areas[feature]), feature, int(label)))
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

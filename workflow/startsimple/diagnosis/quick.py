"""Quick models on flat tables: how well the data can be learnt at all, without the program."""

from typing import Any

import numpy as np

from startsimple.diagnosis.tables import Table
from startsimple.program.subject import Task

ROWS = 1200
TREES = 60
COLUMNS = 200


def forest_skill(fit: Table, score: Table, task: Task, *, units: bool = True) -> float:
    """Train a random forest on one table and score it on another.

    Args:
        fit: Rows to learn from.
        score: Rows to predict.
        task: What is predicted.
        units: Whether values count; else a prediction in other units is as good, as evaluation
            may be done in the target's own ones.

    Returns:
        Skill between chance (0) and perfect (1), at least -1.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    x, y = fit.x[:ROWS], fit.y[:ROWS]
    if task.kind == "regression":
        model: Any = RandomForestRegressor(TREES, random_state=0, max_features=0.5)
        model.fit(_clean(x), y if y.shape[1] > 1 else y[:, 0])
        guess = np.asarray(model.predict(_clean(score.x))).reshape(score.y.shape)
        if not units:
            guess = _rescaled(guess, score.y)
        spread = ((score.y - score.y.mean(0)) ** 2).sum()
        if spread == 0:
            return 0.0
        return max(-1.0, 1 - float(((score.y - guess) ** 2).sum() / spread))
    labels, truth = class_labels(y, task), class_labels(score.y, task)
    model = RandomForestClassifier(TREES, random_state=0)
    model.fit(_clean(x), labels)
    guess = np.asarray(model.predict(_clean(score.x)))
    if labels.ndim > 1:
        hits = float((guess == truth).mean())
        chance = float(np.maximum(truth.mean(0), 1 - truth.mean(0)).mean())
    else:
        hits = float((guess == truth).mean())
        chance = float(np.unique(truth, return_counts=True)[1].max() / len(truth))
    return max(-1.0, (hits - chance) / (1 - chance)) if chance < 1 else 0.0


def _rescaled(guess: Any, truth: Any) -> Any:
    """Return predictions, column by column, as the straight line through them that fits best."""
    deviation, goal = guess - guess.mean(0), truth - truth.mean(0)
    square = (deviation**2).sum(0)
    slope = (deviation * goal).sum(0) / np.where(square > 0, square, 1)
    return truth.mean(0) + deviation * slope


def class_labels(y: Any, task: Task) -> Any:
    """Return class indices, (rows,), or label columns, (rows, labels), from target columns."""
    if task.kind == "multilabel":
        return y.astype(int)
    if y.shape[1] > 1 and y.shape[1] == task.classes:
        return y.argmax(1)
    return y[:, 0].round().astype(int)


def structure(x: Any) -> float:
    """Return how much more the rows vary along one direction than unrelated columns would.

    Args:
        x: Rows, (rows, features).

    Returns:
        Variance along the first principal component, over the same with every column shuffled by
        itself (parallel analysis, Horn 1965): about 1 for unrelated columns.
    """
    rng = np.random.default_rng(0)
    x = _clean(x)[:ROWS].astype(float)
    x = x[:, x.std(0) > 0]
    if x.shape[1] < 2:
        return 1.0
    x = x[:, rng.permutation(x.shape[1])[:COLUMNS]]
    unrelated = np.stack([rng.permutation(column) for column in x.T], 1)
    tops = [np.linalg.eigvalsh(np.corrcoef(part.T))[-1] for part in (x, unrelated)]
    return float(tops[0] / tops[1])


def halves(table: Table, seed: int = 0) -> tuple[Table, Table]:
    """Split a table into two halves at random."""
    order = np.random.default_rng(seed).permutation(len(table.x))
    a, b = order[: len(order) // 2], order[len(order) // 2 :]
    return Table(table.x[a], table.y[a]), Table(table.x[b], table.y[b])


def within_skill(table: Table, task: Task, rows: int = ROWS) -> float:
    """Return the skill of a forest trained on one half of a table and scored on the other."""
    cut = Table(table.x[:rows], table.y[:rows])
    return forest_skill(*halves(cut), task)


def domain_auc(first: Any, second: Any) -> float:
    """Return how well a forest tells two sets of rows apart: 0.5 not at all, 1 perfectly.

    Args:
        first: Rows of one split, (rows, features).
        second: Rows of the other.

    Returns:
        Area under the curve, estimated out of bag.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    size = min(len(first), len(second), 400)
    rng = np.random.default_rng(0)
    rows = [part[rng.permutation(len(part))[:size]] for part in (first, second)]
    x, y = _clean(np.concatenate(rows)), np.repeat([0, 1], size)
    model = RandomForestClassifier(100, random_state=0, oob_score=True, min_samples_leaf=3)
    model.fit(x, y)
    return float(roc_auc_score(y, np.nan_to_num(model.oob_decision_function_[:, 1], nan=0.5)))


def _clean(x: Any) -> Any:
    return np.nan_to_num(np.clip(x, -1e30, 1e30)).astype(np.float32)

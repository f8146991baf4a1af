"""Other kinds of models on the captured rows: what can be predicted at all, out of fold."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.errors import Errors, class_errors, label_errors, value_errors
from startsimple.diagnosis.quick import class_labels

ROWS = 1200
COLUMNS = 2000
FOLDS = 4
NEIGHBOURS = 15
TREES = 80
LEAF = 5


@dataclass(frozen=True)
class Reference:
    """What one model says of training rows that it was not fitted on.

    Attributes:
        guess: Predicted targets or classes, shaped as `truth`.
        truth: True ones, (rows, columns) of values or labels, (rows,) of classes.
        errors: How wrong the guesses are.
    """

    guess: np.ndarray
    truth: np.ndarray
    errors: Errors


def references(case: Case) -> dict[str, Reference]:
    """Predict every training row by models that were fitted on the others.

    Args:
        case: The program under diagnosis.

    Returns:
        A linear model's answers, those of neighbours and of a forest, by name; empty where rows
        are too many columns wide or a class is too rare to fold.
    """
    from sklearn.model_selection import cross_val_predict

    table, task = case.train_table, case.program.task
    if table is None or table.x.shape[1] > COLUMNS or table.y.shape[1] > COLUMNS:
        return {}
    x = np.nan_to_num(table.x[:ROWS])
    regression = task.kind == "regression"
    y = table.y[:ROWS] if regression else class_labels(table.y[:ROWS], task)
    if len(x) < 10 * FOLDS:
        return {}
    found = dict[str, Reference]()
    for name, model in _models(task.kind).items():
        flat = y[:, 0] if y.ndim > 1 and y.shape[1] == 1 else y
        guess = np.asarray(cross_val_predict(model, x, flat, cv=FOLDS)).reshape(y.shape)
        if regression:
            errors = value_errors(guess, y)
        elif y.ndim > 1:
            errors = label_errors(guess > 0.5, y > 0.5)
        else:
            errors = class_errors(guess, y)
        found[name] = Reference(guess, y, errors)
    return found


def best_reference(case: Case) -> tuple[str, Reference] | None:
    """Return the model that predicts best, by name; None where none can be fitted."""
    found = references(case).items()
    return max(found, key=lambda item: item[1].errors.skill[0], default=None)


def _models(kind: str) -> dict[str, Any]:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeCV
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    forest: dict[str, Any] = {"n_estimators": TREES, "min_samples_leaf": LEAF, "random_state": 0}
    if kind == "regression":
        linear, near = RidgeCV(np.logspace(-1, 4, 6)), KNeighborsRegressor(NEIGHBOURS)
        trees: Any = RandomForestRegressor(max_features=0.5, **forest)
    else:
        several = kind == "multilabel"
        linear = RidgeClassifier(10.0) if several else LogisticRegression(C=0.1, max_iter=300)
        near, trees = KNeighborsClassifier(NEIGHBOURS), RandomForestClassifier(**forest)
    return {
        "a linear model": make_pipeline(StandardScaler(), linear),
        "neighbours": make_pipeline(StandardScaler(), near),
        "a forest": trees,
    }

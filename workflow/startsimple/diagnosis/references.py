"""Other kinds of models on the captured rows: what can be predicted at all, out of fold."""

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


def reference_errors(case: Case) -> dict[str, Errors]:
    """Predict every training row by models that were fitted on the others.

    Args:
        case: The program under diagnosis.

    Returns:
        Errors of a linear model, neighbours and a forest, by name; empty where rows are too many
        columns wide or a class is too rare to fold.
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
    found = dict[str, Errors]()
    for name, model in _models(task.kind).items():
        guess = np.asarray(cross_val_predict(model, x, y, cv=FOLDS)).reshape(y.shape)
        if regression:
            found[name] = value_errors(guess, y)
        elif y.ndim > 1:
            found[name] = label_errors(guess > 0.5, y > 0.5)
        else:
            found[name] = class_errors(guess, y)
    return found


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

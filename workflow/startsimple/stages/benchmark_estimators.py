"""Scikit-learn's estimators: references made in the same run, and protocols of their own."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Split
from startsimple.data.targets import is_regression, rightness
from startsimple.schema.errors import UserError, nearest

# Import path and arguments by name; each is left at the library's defaults where they do.
_CLASSIFIERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "logistic_regression": ("linear_model", "LogisticRegression", {"max_iter": 1000}),
    "k_nearest_neighbours": ("neighbors", "KNeighborsClassifier", {}),
    "support_vector_machine": ("svm", "SVC", {}),
}
# Ridge chooses its penalty by leaving each training example out in turn: a floor worth beating.
_REGRESSORS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ridge": ("linear_model", "RidgeCV", {"alphas": np.logspace(-3, 4, 29).tolist()}),
    "mean": ("dummy", "DummyRegressor", {}),
    "k_nearest_neighbours": ("neighbors", "KNeighborsRegressor", {"n_neighbors": 10}),
    "support_vector_machine": ("svm", "SVR", {}),
}


def fitted(
    name: str, train: Split, test: Split, args: Mapping[str, Any] | None = None
) -> NDArray[np.float64]:
    """Fit an estimator and return how right it is on each test example.

    Args:
        name: Its name here.
        train: Training examples; a regression's targets are standardised.
        test: Test examples.
        args: Arguments that differ from the ones above.

    Returns:
        Shape (len(test),); the mean is the accuracy, or the explained variance.

    Raises:
        UserError: If there is no such estimator for the task, or it refuses an argument.
    """
    makers = _REGRESSORS if is_regression(train.y) else _CLASSIFIERS
    if name not in makers:
        raise UserError(f"benchmark: no estimator '{name}'. {nearest(name, makers)}")
    module, kind, defaults = makers[name]
    maker: Callable[..., Any] = getattr(import_module(f"sklearn.{module}"), kind)
    try:
        model = maker(**{**defaults, **(args or {})})
    except TypeError as error:
        raise UserError(f"benchmark: estimator '{name}' refuses its arguments: {error}.") from error
    model.fit(train.x.reshape(len(train), -1), train.y)
    return rightness(np.asarray(model.predict(test.x.reshape(len(test), -1))), test.y)

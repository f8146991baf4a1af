"""Classifiers in closed form, quick enough to judge data with; none of them is trained."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from startsimple.data.targets import (
    Floats,
    Integers,
    Targets,
    is_regression,
    score,
    vote,
)
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.targets import import_target

Oracle = Callable[[Floats, Targets, Floats], Targets]

# Share of the pooled variance that is added to every direction, so that constant or
# collinear features leave the covariance invertible.
_SHRINKAGE = 1e-3
_BLOCK = 1024


def linear(x: Floats, y: Targets, queries: Floats) -> Targets:
    """Classify by linear discriminant analysis with a shrunken pooled covariance.

    A regression's targets are predicted by ridge regression with the same shrinkage.

    Args:
        x: Training inputs, shape (n, ...).
        y: Their targets, shape (n,).
        queries: Inputs to answer for, shape (m, ...).

    Returns:
        Predicted targets, shape (m,).
    """
    rows, points = _flat(x), _flat(queries)
    if is_regression(y):
        return _ridge(rows, y, points)
    return np.unique(y)[np.argmax(discriminant(rows, y)(points), axis=1)]


def discriminant(
    rows: NDArray[np.float64], y: Integers
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Fit linear discriminant analysis with a shrunken pooled covariance.

    Args:
        rows: Training inputs, shape (n, features).
        y: Their labels, shape (n,).

    Returns:
        From points, shape (m, features), to log-posteriors up to a constant of each point,
        shape (m, labels), one column for each label of y in ascending order.
    """
    labels, counts = np.unique(y, return_counts=True)
    means = np.stack([rows[y == label].mean(0) for label in labels])
    centred = rows - means[np.searchsorted(labels, y)]
    covariance = centred.T @ centred / len(rows)
    scale = float(np.trace(covariance)) / len(covariance) or 1.0
    covariance += _SHRINKAGE * scale * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, means.T)
    bias = np.log(counts / len(rows)) - 0.5 * np.einsum("kf,fk->k", means, weights)
    return lambda points: points @ weights + bias


def _ridge(rows: NDArray[np.float64], y: Targets, points: NDArray[np.float64]) -> Targets:
    middle, level = rows.mean(0), float(y.mean())
    centred = rows - middle
    covariance = centred.T @ centred / len(rows)
    scale = float(np.trace(covariance)) / len(covariance) or 1.0
    covariance += _SHRINKAGE * scale * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, centred.T @ (y - level) / len(rows))
    return (points - middle) @ weights + level


def knn(x: Floats, y: Targets, queries: Floats, k: int = 5) -> Targets:
    """Answer by the k nearest training inputs in Euclidean distance: their majority, or mean.

    Args:
        x: Training inputs, shape (n, ...).
        y: Their targets, shape (n,).
        queries: Inputs to answer for, shape (m, ...).
        k: Neighbours that are asked.

    Returns:
        Predicted targets, shape (m,); a tie goes to the smaller label.
    """
    _, neighbours = nearest_neighbours(x, queries, min(k, len(x)))
    return vote(y, neighbours)


ORACLES: dict[str, Oracle] = {"linear": linear, "knn": knn}


def oracle(name: str) -> Oracle:
    """Return an oracle by name, or by the import path of a function that knows the answer.

    Raises:
        UserError: If there is none of that name.
    """
    if "." in name:
        return import_target(name)
    if name not in ORACLES:
        raise UserError(f"stage.simplify.oracle='{name}' is unknown. {nearest(name, ORACLES)}")
    return ORACLES[name]


def nearest_neighbours(x: Floats, queries: Floats, k: int) -> tuple[NDArray[np.float64], Integers]:
    """Find the k nearest rows of x for every query.

    Args:
        x: Inputs, shape (n, ...), n >= k.
        queries: Inputs, shape (m, ...).
        k: Neighbours.

    Returns:
        Euclidean distances and positions in x, both of shape (m, k), nearest first.
    """
    rows, points = _flat(x), _flat(queries)
    squares = np.square(rows).sum(1)
    distances: list[NDArray[np.float64]] = []
    positions: list[Integers] = []
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK]
        squared = squares + np.square(block).sum(1, keepdims=True) - 2 * block @ rows.T
        near = np.argpartition(squared, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(squared, near, 1), axis=1, kind="stable")
        near = np.take_along_axis(near, order, 1)
        distances.append(np.sqrt(np.maximum(np.take_along_axis(squared, near, 1), 0)))
        positions.append(near.astype(np.int64))
    return np.concatenate(distances), np.concatenate(positions)


def cross_validated(answer: Oracle, x: Floats, y: Targets, fold: Integers) -> float:
    """Return the score of an oracle on examples that it has not seen.

    Args:
        answer: The oracle.
        x: Inputs, shape (n, ...).
        y: Targets, shape (n,).
        fold: Fold of each example, int64, shape (n,).
    """
    guesses = np.empty_like(y)
    for held in np.unique(fold):
        seen, asked = fold != held, fold == held
        guesses[asked] = answer(x[seen], y[seen], x[asked])
    return score(guesses, y)


def _flat(x: Floats) -> NDArray[np.float64]:
    return x.reshape(len(x), -1).astype(np.float64)

"""The lecture's error table: error types, what each costs, what may mend it, what comes first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Integers

PRIORITIES = ("high", "medium", "low")

# An error type that makes up this share of all errors is worth a round of its own; one below
# the smaller share cannot gain more than a tenth of the error even if it is mended wholly.
_HIGH, _LOW = 0.25, 0.1

SOLUTIONS = {
    "confusion": "look at both classes' worst items; collect or augment examples that tell them "
    "apart; check their labels",
    "class": "collect or augment examples of this class; check its labels; weight it up",
    "slice": "collect or synthesise examples like these; normalise the attribute away",
    "label": "have a human relabel them; drop them if that is impossible",
    "shift": "collect at the test's conditions; synthesise them from training data; adapt the "
    "domain",
}


@dataclass(frozen=True)
class ErrorType:
    """One row of the table; types overlap, so contributions do not add up.

    Attributes:
        name: What the errors have in common.
        kind: A key of SOLUTIONS.
        validation: Errors of this type, as a share of the validation examples.
        test_validation: The same on the test's own validation split, None without one.
        solutions: What may mend them.
        priority: A member of PRIORITIES.
    """

    name: str
    kind: str
    validation: float
    test_validation: float | None
    solutions: str
    priority: str


def error_type(
    name: str, kind: str, validation: float, test_validation: float | None, errors: float
) -> ErrorType:
    """Derive solutions and priority of one error type (method, section 11).

    The contribution on the set that counts, test-val where there is one, bounds what mending the
    type can gain. A type that is much more frequent there than in validation is a shift.

    Args:
        name: What the errors have in common.
        kind: A key of SOLUTIONS.
        validation: Share of validation examples that are errors of this type.
        test_validation: The same on test-val, None without one.
        errors: Error on the set that counts.
    """
    ceiling = validation if test_validation is None else test_validation
    share = ceiling / errors if errors > 0 else 0.0
    shifted = test_validation is not None and test_validation - validation > _HIGH * errors
    priority = "high" if share >= _HIGH or shifted else "low" if share < _LOW else "medium"
    solutions = SOLUTIONS[kind] + (f"; {SOLUTIONS['shift']}" if shifted else "")
    return ErrorType(name, kind, validation, test_validation, solutions, priority)


def confusions(y: Integers, predictions: Integers, classes: int) -> NDArray[np.int64]:
    """Return the confusion matrix summed over runs: rows are labels, columns predictions.

    Args:
        y: Labels, shape (n,).
        predictions: Predicted classes, shape (runs, n).
        classes: Number of classes.
    """
    matrix = np.zeros((classes, classes), dtype=np.int64)
    for row in predictions:
        np.add.at(matrix, (y, row), 1)
    return matrix


def ranked(types: Sequence[ErrorType]) -> list[ErrorType]:
    """Order error types by priority, then by what they cost."""
    return sorted(
        types,
        key=lambda one: (
            PRIORITIES.index(one.priority),
            -(one.validation if one.test_validation is None else one.test_validation),
        ),
    )

"""Decomposition of the error into gaps, each with its interval, and the lecture's routing."""

from dataclasses import dataclass

from startsimple.training.statistics import (
    Estimate,
    error_interval,
    examples_to_decide,
    rate_difference,
)

# The lecture's order of acting (E-04).
ORDER = ("bias", "variance", "shift", "validation_overfitting")

ROUTES = {
    "bias": "underfitting",
    "variance": "overfitting",
    "shift": "distribution shift",
    "validation_overfitting": "validation overfitting",
}


@dataclass(frozen=True)
class Rate:
    """A mean error measured on n examples; spread as in `statistics.spread_of`."""

    error: float
    n: int
    spread: float | None = None


@dataclass(frozen=True)
class Gap:
    """One component of the error.

    Attributes:
        name: A member of ORDER.
        estimate: The component with its interval.
        needed: Examples per set that would decide it, 0 if it is decided or never can be.
    """

    name: str
    estimate: Estimate
    needed: int

    def significant(self, tolerance: float) -> bool:
        """True if the gap is above the tolerance and its interval excludes zero."""
        return self.estimate.value > tolerance and self.estimate.low > 0


@dataclass(frozen=True)
class Decomposition:
    """The error of one model, taken apart.

    Attributes:
        rates: Interval of each measured error, by set.
        gaps: The components that could be measured, in the order of acting.
        unmeasured: Why each remaining component is missing.
    """

    rates: dict[str, Estimate]
    gaps: list[Gap]
    unmeasured: dict[str, str]

    def first(self, tolerance: float) -> Gap | None:
        """Return the first significant gap in the lecture's order (E-04)."""
        return next((gap for gap in self.gaps if gap.significant(tolerance)), None)

    def largest(self) -> Gap:
        """Return the largest gap, whatever its place in the order (E-05)."""
        return max(self.gaps, key=lambda gap: gap.estimate.value)


def decompose(
    irreducible: float,
    train: Rate,
    validation: Rate,
    confidence: float,
    *,
    test_validation: Rate | None = None,
    test: Rate | None = None,
) -> Decomposition:
    """Take an error apart (method, section 10).

    Args:
        irreducible: Best achievable error; taken as exact.
        train: Error on a random subset of the train split (E-01).
        validation: Error on the validation split of the training distribution.
        confidence: Confidence of every interval (E-02).
        test_validation: Error on a validation split of the test's distribution, if declared.
        test: Error on the test split, if it has been opened.

    Returns:
        The components, with what could not be measured and why.
    """
    sets = {"train": train, "validation": validation}
    rates = {name: _interval(rate, confidence) for name, rate in sets.items()}
    bias = rates["train"]
    shifted = Estimate(bias.value - irreducible, bias.low - irreducible, bias.high - irreducible)
    needed = examples_to_decide(
        train.error, irreducible, confidence, exact=True, spread=train.spread
    )
    gaps = [
        Gap("bias", shifted, 0 if shifted.excludes_zero() else needed),
        _between("variance", train, validation, confidence),
    ]
    unmeasured: dict[str, str] = {}
    last = validation
    if test_validation is None:
        unmeasured["shift"] = "one validation split only: 0 by definition"
    else:
        rates["test_validation"] = _interval(test_validation, confidence)
        gaps.append(_between("shift", validation, test_validation, confidence))
        last = test_validation
    if test is None:
        unmeasured["validation_overfitting"] = "the test split is closed until tuning has ended"
    else:
        rates["test"] = _interval(test, confidence)
        gaps.append(_between("validation_overfitting", last, test, confidence))
    return Decomposition(rates, gaps, unmeasured)


def _interval(rate: Rate, confidence: float) -> Estimate:
    return error_interval(rate.error, rate.n, confidence, rate.spread)


def _between(name: str, first: Rate, second: Rate, confidence: float) -> Gap:
    estimate = rate_difference(_interval(first, confidence), _interval(second, confidence))
    decided = estimate.excludes_zero()
    needed = (
        0
        if decided
        else examples_to_decide(first.error, second.error, confidence, spread=second.spread)
    )
    return Gap(name, estimate, needed)

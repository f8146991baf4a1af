"""Decomposition of the error into gaps, each with its interval, and the lecture's routing."""

from dataclasses import dataclass

from startsimple.training.error_sets import ErrorSet, difference
from startsimple.training.statistics import Estimate, examples_to_decide, expected_largest

# The lecture's order of acting (E-04).
ORDER = ("bias", "variance", "shift", "validation_overfitting")

ROUTES = {
    "bias": "underfitting",
    "variance": "overfitting",
    "shift": "distribution shift",
    "validation_overfitting": "validation overfitting",
}
DONE, UNDECIDED = "done", "undecided"


@dataclass(frozen=True)
class Gap:
    """One component of the error.

    Attributes:
        name: A member of ORDER.
        estimate: The component with its interval.
        needed: Examples per set that would decide it, 0 if it is decided or never can be.
        explained: Part of it that choosing the best of several models explains (E-14).
    """

    name: str
    estimate: Estimate
    needed: int
    explained: float = 0.0

    def significant(self, tolerance: float) -> bool:
        """True if what is left unexplained is above the tolerance and its interval above zero."""
        left = self.estimate.minus(self.explained)
        return left.value > tolerance and left.low > 0


@dataclass(frozen=True)
class Decomposition:
    """The error of one model, taken apart.

    Attributes:
        errors: Interval of each measured error, by set.
        gaps: The components that could be measured, in the order of acting.
        unmeasured: Why each remaining component is missing.
        irreducible: The best reachable error, with its interval if it was measured.
        smallest: Examples in the smallest set.
    """

    errors: dict[str, Estimate]
    gaps: list[Gap]
    unmeasured: dict[str, str]
    irreducible: Estimate
    smallest: int

    def first(self, tolerance: float) -> Gap | None:
        """Return the first significant gap in the lecture's order (E-04)."""
        return next((gap for gap in self.gaps if gap.significant(tolerance)), None)

    def largest(self) -> Gap:
        """Return the largest gap, whatever its place in the order (E-05)."""
        return max(self.gaps, key=lambda gap: gap.estimate.value - gap.explained)

    def selected_on(self) -> Estimate:
        """Return the error on the set that models are chosen by: test-val where there is one."""
        return self.errors.get("test_validation", self.errors["validation"])

    def more_examples(self) -> int:
        """Return how many more examples per set would decide every open gap (E-02)."""
        return max(0, max(gap.needed for gap in self.gaps) - self.smallest)


@dataclass(frozen=True)
class Route:
    """Which gap to act on.

    Attributes:
        name: A value of ROUTES, DONE or UNDECIDED.
        gap: The gap that is acted on, None if there is none.
        reason: One sentence with the numbers.
    """

    name: str
    gap: Gap | None
    reason: str


def decompose(
    irreducible: float | ErrorSet,
    train: ErrorSet,
    validation: ErrorSet,
    confidence: float,
    *,
    test_validation: ErrorSet | None = None,
    test: ErrorSet | None = None,
    selections: int = 1,
) -> Decomposition:
    """Take an error apart (method, section 10).

    The gaps' intervals hold together: with m gaps each gets the confidence 1 - (1 - c) / m, so
    that a model without any gap is routed somewhere in at most a share 1 - c of all cases.

    Args:
        irreducible: Best achievable error; a number is taken as exact.
        train: Errors on a random subset of the train split (E-01).
        validation: Errors on the validation split of the training distribution.
        confidence: Of each error's interval, and of all gaps' intervals together (E-02).
        test_validation: Errors on a validation split of the test's distribution, if declared.
        test: Errors on the test split, if it has been opened.
        selections: Models among which the validation score chose (E-14).

    Returns:
        The components, with what could not be measured and why.
    """
    sets = {"train": train, "validation": validation}
    unmeasured: dict[str, str] = {}
    if test_validation is None:
        unmeasured["shift"] = "one validation split only: 0 by definition"
    else:
        sets["test_validation"] = test_validation
    if test is None:
        unmeasured["validation_overfitting"] = "the test split is closed until tuning has ended"
    else:
        sets["test"] = test
    shared = 1 - (1 - confidence) / len(sets)
    gaps = [_bias(irreducible, train, shared), _between("variance", train, validation, shared)]
    last = test_validation or validation
    if test_validation is not None:
        gaps.append(_between("shift", validation, test_validation, shared))
    if test is not None:
        # The test set was chosen on by nobody, so its spread is the honest one.
        chance = test.spread / len(last) ** 0.5 * expected_largest(selections)
        gaps.append(_between("validation_overfitting", last, test, shared, chance))
    errors = {name: errors.interval(confidence) for name, errors in sets.items()}
    best = (
        irreducible.interval(confidence)
        if isinstance(irreducible, ErrorSet)
        else Estimate(irreducible, irreducible, irreducible)
    )
    return Decomposition(errors, gaps, unmeasured, best, min(len(one) for one in sets.values()))


def choose_route(parts: Decomposition, target: float, tolerance: float) -> Route:
    """Choose what to act on: done, the first significant gap in order, or nothing yet (E-04).

    Args:
        parts: The error, taken apart.
        target: Error that is good enough.
        tolerance: Gaps up to this are not acted on.

    Returns:
        The route with its reason.
    """
    reached = parts.selected_on().value
    if reached <= target + tolerance:
        reason = f"the target {target:.3f} is met within {tolerance:.3f}: {reached:.3f}"
        return Route(DONE, None, reason)
    first = parts.first(tolerance)
    if first is not None:
        return Route(ROUTES[first.name], first, f"{first.name} is {first.estimate.show()}")
    excused = [gap for gap in parts.gaps if gap.explained and gap.estimate.low > 0]
    if excused:
        gap = excused[0]
        reason = (
            f"test is worse than validation by {gap.estimate.show()}; having chosen the best "
            f"model on validation explains {gap.explained:.3f} of it"
        )
    else:
        reason = "no gap is beyond its interval"
    if more := parts.more_examples():
        reason += f"; about {more} more examples per set would decide"
    return Route(UNDECIDED, None, reason)


def _bias(irreducible: float | ErrorSet, train: ErrorSet, confidence: float) -> Gap:
    if isinstance(irreducible, ErrorSet):
        return _between("bias", irreducible, train, confidence)
    estimate = train.interval(confidence).minus(irreducible)
    needed = examples_to_decide(estimate.value, train.variance, confidence)
    return Gap("bias", estimate, 0 if estimate.excludes_zero() else needed)


def _between(
    name: str, first: ErrorSet, second: ErrorSet, confidence: float, explained: float = 0.0
) -> Gap:
    estimate = difference(first, second, confidence)
    left = estimate.minus(explained)
    needed = examples_to_decide(left.value, first.variance + second.variance, confidence)
    return Gap(name, estimate, 0 if left.excludes_zero() else needed, explained)

"""Several seeds against a known result: the same, another, or not decided yet (B-01, B-02)."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from startsimple.training.statistics import Estimate, mean_interval

EQUIVALENT, ABOVE, BELOW, INCONCLUSIVE = "equivalent", "above", "below", "inconclusive"

# p-values of: outside of the tolerated range; above it; below it.
Tests = Callable[[Sequence[float]], tuple[float, float, float]]

# Beyond so many seeds nobody waits for an answer.
SEEDS_MAX = 1000


@dataclass(frozen=True)
class Known:
    """A published figure, with the spread over the runs behind it where that is published too."""

    value: float
    std: float | None = None
    runs: int | None = None


@dataclass(frozen=True)
class Comparison:
    """What several seeds say about a known result.

    Attributes:
        verdict: equivalent, above, below or inconclusive; of a bound: above, below or
            inconclusive.
        interval: Mean of the seeds; outside of the tolerance on neither side means equivalent.
        p_equivalent: Larger p-value of the two one-sided tests; 1 for a bound.
        p_different: Two-sided p-value of a difference from the known value itself.
        p_above: p-value of "the mean is above the tolerated range".
        p_below: p-value of "the mean is below the tolerated range".
        further_seeds: Seeds that would decide, if mean and spread stay as they are; 0 if
            decided, None if no reasonable number would.
    """

    verdict: str
    interval: Estimate
    p_equivalent: float
    p_different: float
    p_above: float
    p_below: float
    further_seeds: int | None = 0


def compare(scores: Sequence[float], known: Known, tolerance: float, alpha: float) -> Comparison:
    """Test for equivalence and for a difference.

    Equivalence is two one-sided t-tests (Schuirmann): the mean is above the lower end of the
    tolerated range, and below its upper end. The interval is the one that goes with it, of
    confidence 1 - 2 alpha: equivalence is proven exactly if it lies inside the range. With the
    published spread and number of runs the tests are Welch's, else the value counts as exact.

    Args:
        scores: One figure a seed, at least two.
        known: The published result.
        tolerance: Half-width of the range of values that count as the same.
        alpha: Significance of every test.

    Returns:
        The comparison. Whether `above` is good depends on the figure.
    """
    low, high = known.value - tolerance, known.value + tolerance

    def tests(sample: Sequence[float]) -> tuple[float, float, float]:
        outside = max(_p(sample, low, "greater", known), _p(sample, high, "less", known))
        return outside, _p(sample, high, "greater", known), _p(sample, low, "less", known)

    return _compared(scores, known, tests, alpha)


def compare_with_bound(scores: Sequence[float], bound: float, alpha: float) -> Comparison:
    """Test on which side of a bound the mean is, as for a floor that has to be beaten.

    Args:
        scores: One figure a seed, at least two.
        bound: The bound; it counts as exact.
        alpha: Significance of both one-sided tests.
    """
    known = Known(bound)

    def tests(sample: Sequence[float]) -> tuple[float, float, float]:
        return 1.0, _p(sample, bound, "greater", known), _p(sample, bound, "less", known)

    return _compared(scores, known, tests, alpha)


def _compared(scores: Sequence[float], known: Known, tests: Tests, alpha: float) -> Comparison:
    p_equivalent, p_above, p_below = tests(scores)
    verdict = _verdict(p_equivalent, p_above, p_below, alpha)
    further = 0
    if verdict == INCONCLUSIVE:
        further = _further(scores, lambda more: _verdict(*tests(more), alpha) != INCONCLUSIVE)
    return Comparison(
        verdict,
        mean_interval(scores, 1 - 2 * alpha),
        p_equivalent,
        _p(scores, known.value, "two-sided", known),
        p_above,
        p_below,
        further,
    )


def _verdict(p_equivalent: float, p_above: float, p_below: float, alpha: float) -> str:
    if p_equivalent <= alpha:
        return EQUIVALENT
    return ABOVE if p_above <= alpha else BELOW if p_below <= alpha else INCONCLUSIVE


def _p(scores: Sequence[float], bound: float, alternative: str, known: Known) -> float:
    """Return the p-value of a t-test; seeds without spread decide by themselves."""
    # Imported here, as it takes most of a second, and only one stage compares.
    from scipy import stats

    tests: Any = stats
    spread = known.std is not None and known.runs is not None and known.runs > 1
    with warnings.catch_warnings():
        # Equal scores make scipy warn of lost precision; what it then returns is handled below.
        warnings.simplefilter("ignore", RuntimeWarning)
        if spread:
            result = tests.ttest_ind_from_stats(
                float(np.mean(scores)),
                float(np.std(scores, ddof=1)),
                len(scores),
                bound,
                known.std,
                known.runs,
                equal_var=False,
                alternative=alternative,
            )
        else:
            result = tests.ttest_1samp(scores, bound, alternative=alternative)
    p = float(result.pvalue)
    return _without_spread(scores, bound, alternative) if math.isnan(p) else p


def _without_spread(scores: Sequence[float], bound: float, alternative: str) -> float:
    mean = float(np.mean(scores))
    holds = {"greater": mean > bound, "less": mean < bound, "two-sided": mean != bound}
    return 0.0 if holds[alternative] else 1.0


def _further(scores: Sequence[float], decided: Callable[[Sequence[float]], bool]) -> int | None:
    """Return how many seeds more would decide, by halving; None if SEEDS_MAX would not."""
    mean, std = float(np.mean(scores)), float(np.std(scores, ddof=1))
    low, high = len(scores), SEEDS_MAX
    if std == 0 or low >= high or not decided(_like(mean, std, high)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(_like(mean, std, middle)) else (middle, high)
    return high - len(scores)


def _like(mean: float, std: float, count: int) -> list[float]:
    """Return `count` scores with exactly this mean and sample standard deviation."""
    shape = np.arange(count) - (count - 1) / 2
    return (mean + std * shape / np.std(shape, ddof=1)).tolist()

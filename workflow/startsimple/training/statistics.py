"""Intervals and tests behind the gates.

The distributions are those of scipy.special: scipy.stats takes most of a second to import, which
a ladder of short stages would pay at every rung.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from startsimple.data.targets import Targets, chance, is_regression

Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: Point estimate.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    value: float
    low: float
    high: float

    def excludes_zero(self) -> bool:
        """True if the whole interval lies on one side of zero (E-02)."""
        return self.low > 0 or self.high < 0

    def minus(self, known: float) -> "Estimate":
        """Return the estimate less a number that is known."""
        return Estimate(self.value - known, self.low - known, self.high - known)

    def show(self) -> str:
        """Return value and interval for people."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def rate_interval(rate: float, n: int, confidence: float) -> Estimate:
    """Return Wilson's score interval of a rate over n examples (E-02).

    Args:
        rate: Share of errors, 0 to 1; a mean over seeds need not be a multiple of 1/n.
        n: Number of examples.
        confidence: Such as 0.95.
    """
    z = _normal_quantile(0.5 + confidence / 2)
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    # Rounding must not push the interval of 0 or 1 past the rate itself.
    return Estimate(rate, max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half)))


def rate_difference(first: Estimate, second: Estimate) -> Estimate:
    """Return second minus first for rates on two independent sets (Newcombe's hybrid interval)."""
    gap = second.value - first.value
    low = gap - math.hypot(second.value - second.low, first.high - first.value)
    high = gap + math.hypot(second.high - second.value, first.value - first.low)
    return Estimate(gap, low, high)


def examples_to_decide(gap: float, variance: float, confidence: float) -> int:
    """Return how many examples per set would make a gap's interval exclude zero.

    Args:
        gap: The gap, either sign; a gap of zero can never be told from zero.
        variance: Variance of the error between examples, summed over the sets compared:
            p (1 - p) for each rate, nothing for a bound that is known.
        confidence: Confidence of the interval.

    Returns:
        Examples per set, by the normal approximation (E-02); 0 if the gap is zero.
    """
    if gap == 0:
        return 0
    z = _normal_quantile(0.5 + confidence / 2)
    return math.ceil(z * z * variance / gap**2)


def mean_interval(values: Sequence[float], confidence: float) -> Estimate:
    """Return Student's interval of a mean over seeds; infinite for a single seed."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean, -math.inf, math.inf)
    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    half = float(special.stdtrit(len(values) - 1, 0.5 + confidence / 2)) * spread
    return Estimate(mean, mean - half, mean + half)


def mean_difference(first: Sequence[float], second: Sequence[float], confidence: float) -> Estimate:
    """Return Welch's interval of the second mean less the first, over seeds.

    Args:
        first: One figure a seed.
        second: The same for the other configuration; the seeds need not match.
        confidence: Confidence of the interval.

    Returns:
        The difference; infinitely uncertain if either side has a single seed, and certain if
        neither side has any spread.
    """
    gap = float(np.mean(second) - np.mean(first))
    if min(len(first), len(second)) < 2:
        return Estimate(gap, -math.inf, math.inf)
    parts = [float(np.var(values, ddof=1)) / len(values) for values in (first, second)]
    total = sum(parts)
    if total == 0.0:
        return Estimate(gap, gap, gap)
    freedom = total**2 / (parts[0] ** 2 / (len(first) - 1) + parts[1] ** 2 / (len(second) - 1))
    half = float(special.stdtrit(freedom, 0.5 + confidence / 2)) * math.sqrt(total)
    return Estimate(gap, gap - half, gap + half)


def p_below(values: Sequence[float], bound: float) -> float:
    """Return the p-value of "the mean over seeds is below a bound" (one-sided t-test, B-01).

    Args:
        values: One figure a seed.
        bound: The bound.

    Returns:
        Small if the values are convincingly below the bound. Values without spread decide
        by themselves: 0 below the bound, 1 otherwise. A single seed gives 1, since one run
        shows no spread and so proves nothing.
    """
    if len(values) < 2:
        return 1.0
    if float(np.ptp(values)) == 0.0:
        return 0.0 if values[0] < bound else 1.0
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(special.stdtr(len(values) - 1, (float(np.mean(values)) - bound) / error))


def p_above_chance(right: int, n: int, chance: float) -> float:
    """Return the p-value of the exact one-sided binomial test of accuracy against chance.

    Args:
        right: Right predictions.
        n: Predictions.
        chance: Accuracy of a model that has learnt nothing.
    """
    return 1.0 if right <= 0 else float(special.bdtrc(right - 1, n, chance))


def p_above_constant(scores: Errors, y: Targets) -> float:
    """Return the p-value of "the answers are better than the best constant one".

    Args:
        scores: How right each example is, shape (n,).
        y: Targets, shape (n,); those of a regression standardised.

    Returns:
        Of the exact binomial test against the majority class; of a regression, of a one-sided
        t-test of squared errors, example by example, against those of the targets' mean.
    """
    if not is_regression(y):
        return p_above_chance(int(scores.sum()), len(y), chance(y))
    gains = np.square(y - y.mean()) - (1 - scores)
    return p_below((-gains).tolist(), 0.0)


def paired_gain(
    winner: Errors, incumbent: Errors, confidence: float, seed: int, resamples: int = 2000
) -> tuple[Estimate, float]:
    """Bootstrap the gain of one configuration over another, over seeds and examples (T-16).

    Both sources of noise are resampled: which seeds were drawn, and which examples.

    Args:
        winner: Correctness by seed and example, shape (seeds, examples).
        incumbent: The same for the incumbent, on the same examples.
        confidence: Confidence of the interval.
        seed: Seed of the resampling.
        resamples: Bootstrap resamples.

    Returns:
        The gain in accuracy with its percentile interval, and the share of resamples in which
        the winner is better (ties count half).
    """
    generator = np.random.default_rng(seed)
    gains = np.empty(resamples)
    for index in range(resamples):
        examples = generator.integers(0, winner.shape[1], winner.shape[1])
        first = generator.integers(0, winner.shape[0], winner.shape[0])
        second = generator.integers(0, incumbent.shape[0], incumbent.shape[0])
        gains[index] = winner[first][:, examples].mean() - incumbent[second][:, examples].mean()
    tail = (1 - confidence) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    better = float((gains > 0).mean() + 0.5 * (gains == 0).mean())
    return Estimate(float(winner.mean() - incumbent.mean()), float(low), float(high)), better


def best_of(scores: Sequence[float], k: int) -> float:
    """Return the expected best of k trials drawn without replacement (T-07, unbiased).

    Args:
        scores: Scores of all completed trials, higher is better.
        k: Number drawn, at most len(scores).
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    n = len(ordered)
    weights = np.array([math.comb(index, k - 1) for index in range(n)], dtype=np.float64)
    return float((ordered * weights).sum() / math.comb(n, k))


def best_of_quantile(scores: Sequence[float], k: int, share: float) -> float:
    """Return a quantile of the best of k trials drawn without replacement (T-07, exact).

    Args:
        scores: Scores of all completed trials, higher is better.
        k: Number drawn, at most len(scores).
        share: Such as 0.25 for the lower quartile.
    """
    ordered = sorted(scores)
    n = len(ordered)
    below = (math.comb(index + 1, k) / math.comb(n, k) for index in range(n))
    return next((s for s, p in zip(ordered, below, strict=True) if p >= share - 1e-12), ordered[-1])


def expected_largest(count: int) -> float:
    """Return the expected largest of so many standard normals (Blom's formula, E-14)."""
    return 0.0 if count < 2 else _normal_quantile((count - 0.375) / (count + 0.25))


def selection_optimism(n: int, accuracy: float, trials: int) -> float:
    """Return how much the best of several equal trials looks better than it is (E-14).

    Args:
        n: Examples that the trials were chosen on.
        accuracy: Accuracy of the chosen one.
        trials: Trials compared.

    Returns:
        Standard error times the expected largest of `trials` standard normals.
    """
    return math.sqrt(accuracy * (1 - accuracy) / n) * expected_largest(trials)


def _normal_quantile(probability: float) -> float:
    return float(special.ndtri(probability))

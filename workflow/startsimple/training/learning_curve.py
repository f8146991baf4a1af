"""The error as a function of the number of training examples, and what more of them would buy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from startsimple.training.error_sets import Errors, percentiles, resample
from startsimple.training.statistics import Estimate

# Below this, an error above its asymptote has no logarithm worth fitting.
_FLOOR = 1e-4


@dataclass(frozen=True)
class LearningCurve:
    """Validation error by training set size (E-08).

    Attributes:
        sizes: Training examples, ascending.
        errors: Validation error at each size, with its interval.
        last_gain: What the last step up in size gained, per doubling.
        next_gain: What one more doubling would gain, extrapolated.
        needed: Examples at which the extrapolated error reaches the target; may be infinite.
    """

    sizes: list[int]
    errors: list[Estimate]
    last_gain: Estimate
    next_gain: Estimate
    needed: Estimate

    @property
    def falling(self) -> bool:
        """True if the error still falls with more data, beyond its interval."""
        return self.last_gain.low > 0


def learning_curve(
    sizes: Sequence[int],
    errors: Sequence[Errors],
    asymptote: float,
    target: float,
    confidence: float,
    seed: int,
) -> LearningCurve:
    """Fit error = asymptote + b n^-c and extrapolate it.

    All models are scored on the same examples, so these are resampled in step; the runs at each
    size are resampled, too. A model that cannot reach the asymptote flattens out, which shows as
    a small c and a need without an upper end.

    Args:
        sizes: Training examples, ascending, two or more.
        errors: Errors of the runs at each size on the same examples, shape (runs, n).
        asymptote: Error that infinitely many examples would leave: the irreducible one.
        target: Error that is good enough, above the asymptote.
        confidence: Confidence of the intervals.
        seed: Seed of the resampling.

    Returns:
        The curve.
    """
    means = np.array([rows.mean() for rows in errors])
    drawn = _resampled_means(errors, seed)
    doublings = math.log2(sizes[-1] / sizes[-2])
    step, steps = means[-2] - means[-1], drawn[-2] - drawn[-1]
    fit, fits = _power_law(sizes, means[:, None], asymptote), _power_law(sizes, drawn, asymptote)
    gain, gains = (_next_gain(one, sizes[-1]) for one in (fit, fits))
    need, needs = (_needed(one, target - asymptote) for one in (fit, fits))
    tail = (1 - confidence) / 2
    low, high = (float(np.quantile(needs, q, method="nearest")) for q in (tail, 1 - tail))
    return LearningCurve(
        list(sizes),
        [percentiles(float(m), d, confidence) for m, d in zip(means, drawn, strict=True)],
        percentiles(float(step / doublings), steps / doublings, confidence),
        percentiles(float(gain[0]), gains, confidence),
        Estimate(float(need[0]), min(low, float(need[0])), max(high, float(need[0]))),
    )


def _resampled_means(errors: Sequence[Errors], seed: int) -> Errors:
    """Resample examples in step over all runs, and the runs of each size; shape (sizes, r)."""
    runs = [len(rows) for rows in errors]
    drawn = resample(np.concatenate(errors), seed)
    generator = np.random.default_rng(seed + 1)
    columns = np.arange(drawn.shape[1])
    start, parts = 0, []
    for count in runs:
        chosen = generator.integers(0, count, (count, drawn.shape[1]))
        parts.append(drawn[start + chosen, columns].mean(axis=0))
        start += count
    return np.stack(parts)


def _power_law(sizes: Sequence[int], means: Errors, asymptote: float) -> tuple[Errors, Errors]:
    """Return log b and c for each column of means, by least squares on both logarithms."""
    x = np.log(np.asarray(sizes, dtype=np.float64))
    y = np.log(np.maximum(means - asymptote, _FLOOR))
    centred = x - x.mean()
    slope = centred @ (y - y.mean(axis=0)) / (centred @ centred)
    return y.mean(axis=0) - slope * x.mean(), -slope


def _next_gain(fit: tuple[Errors, Errors], size: int) -> Errors:
    log_b, c = fit
    return np.exp(log_b - c * math.log(size)) * (1 - 2.0**-c)


def _needed(fit: tuple[Errors, Errors], above: float) -> Errors:
    """Return the sizes at which the error is `above` its asymptote; infinite if it never is."""
    log_b, c = fit
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        needed = np.exp((log_b - math.log(max(above, _FLOOR))) / c)
    return np.where((c > 0) & (needed < 1e12), np.maximum(needed, 1.0), np.inf)

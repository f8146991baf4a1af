"""The errors of one model on one set of examples: their mean, with its interval.

Whatever the task, an example has one error: 0 or 1 for a class, a squared error for regression,
the share of wrong labels for several labels. What is built on this needs to know no task.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from startsimple.schema.seeds import derive
from startsimple.training.statistics import Estimate, rate_difference, rate_interval

Errors = NDArray[np.float64]

# At a confidence of 0.9875, which four gaps share, a tail of this many holds 12 of them.
RESAMPLES = 2000
# Larger blocks of resampling counts would only fill memory.
_BLOCK = 2_000_000


@dataclass(frozen=True)
class ErrorSet:
    """Errors on one set.

    Attributes:
        mean: Mean error.
        n: Number of examples.
        variance: Variance of the error between examples.
        values: One error per example, shape (n,), if they are not all 0 or 1; None for a rate.
    """

    mean: float
    n: int
    variance: float
    values: Errors | None = None

    def __len__(self) -> int:
        return self.n

    @classmethod
    def rate(cls, mean: float, n: int) -> "ErrorSet":
        """Return a share of wrong answers among n examples."""
        return cls(mean, n, mean * (1 - mean))

    @classmethod
    def of(cls, errors: Errors) -> "ErrorSet":
        """Return a set from its errors.

        Args:
            errors: One row per seed, shape (seeds, n), or one row alone, shape (n,).

        Returns:
            The set; several seeds count as one model whose error is their mean.
        """
        rows = np.atleast_2d(np.asarray(errors, dtype=np.float64))
        if np.isin(rows, (0.0, 1.0)).all():
            return cls.rate(float(rows.mean()), rows.shape[1])
        return cls.of_values(rows.mean(axis=0))

    @classmethod
    def of_values(cls, values: Errors) -> "ErrorSet":
        """Return a set of errors, or of changes of errors, that are no rate; shape (n,)."""
        return cls(float(values.mean()), len(values), float(values.var()), values)

    @property
    def spread(self) -> float:
        """Standard deviation of the error between examples."""
        return float(np.sqrt(self.variance))

    @cached_property
    def resampled(self) -> Errors:
        """Means of bootstrap resamples; different errors are resampled independently."""
        if self.values is None:
            seed = derive(self.n, f"rate {self.mean}")
            return np.random.default_rng(seed).binomial(self.n, self.mean, RESAMPLES) / self.n
        seed = derive(zlib.crc32(self.values.tobytes()), "errors")
        return resample(self.values[None, :], seed)[0]

    def interval(self, confidence: float) -> Estimate:
        """Return the mean with its interval: Wilson's for a rate, else the bootstrap's (E-02)."""
        if self.values is None:
            return rate_interval(self.mean, self.n, confidence)
        return percentiles(self.mean, self.resampled, confidence)


def difference(first: ErrorSet, second: ErrorSet, confidence: float) -> Estimate:
    """Return second minus first for one model on two independent sets.

    Args:
        first: Errors on one set.
        second: Errors on the other.
        confidence: Confidence of the interval.

    Returns:
        Newcombe's interval for two rates, else the bootstrap's.
    """
    if first.values is None and second.values is None:
        return rate_difference(first.interval(confidence), second.interval(confidence))
    drawn = second.resampled - first.resampled
    return percentiles(second.mean - first.mean, drawn, confidence)


def paired_difference(first: Errors, second: Errors, confidence: float, seed: int) -> Estimate:
    """Return second minus first for two models on the same examples, by paired bootstrap (E-02).

    Args:
        first: Errors of one model, shape (n,); a mean over seeds is one model.
        second: Errors of the other on the same examples.
        confidence: Confidence of the interval.
        seed: Seed of the resampling.
    """
    gains = np.asarray(second - first, dtype=np.float64)
    drawn = resample(gains[None, :], seed)[0]
    return percentiles(float(gains.mean()), drawn, confidence)


def resample(rows: Errors, seed: int, resamples: int = RESAMPLES) -> Errors:
    """Return means over resampled examples, the same resamples for every row.

    Args:
        rows: Values of several models on the same examples, shape (models, n).
        seed: Seed of the resampling.
        resamples: Number of resamples.

    Returns:
        Means, shape (models, resamples).
    """
    n = rows.shape[1]
    generator = np.random.default_rng(seed)
    per_block = max(1, _BLOCK // n)
    parts: list[Errors] = []
    for start in range(0, resamples, per_block):
        drawn = generator.integers(0, n, (min(per_block, resamples - start), n))
        parts.append(np.stack([row[drawn].mean(axis=1) for row in rows]))
    return np.concatenate(parts, axis=1)


def percentiles(value: float, drawn: Errors, confidence: float) -> Estimate:
    """Return an estimate whose interval are the percentiles of its resamples."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, min(value, float(low)), max(value, float(high)))

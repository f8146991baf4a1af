"""What a learning-rate range test suggests, and whether a loss climbs back (T-12)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from startsimple.program.optimizers import RAMP

Losses = NDArray[np.float64]

# The smoothing of the curve, and the loss over its best that ends the test.
_SMOOTHING = 0.98
_ENDS = 4.0
# Steps at both ends that say nothing: the average is still warming up, or the loss breaks out.
_FIRST, _LAST = 10, 1


@dataclass(frozen=True)
class Suggestions:
    """Learning rates that the rules in use suggest; None where the curve is too short.

    Attributes:
        steep: Where the loss falls fastest in the logarithm of the rate, on the way to its lowest.
        tenth: A tenth of the rate with the lowest loss.
        valley: Two thirds into the longest fall.
    """

    steep: float | None
    tenth: float | None
    valley: float | None

    def disagreement(self) -> float | None:
        """Return the largest suggestion over the smallest, None if there are fewer than two."""
        told = [value for value in vars(self).values() if value is not None]
        return max(told) / min(told) if len(told) > 1 else None


def suggest(losses: Losses, highest: float) -> Suggestions:
    """Read a learning rate off the losses of a ramp.

    Args:
        losses: Training loss of every step, shape (steps,).
        highest: The learning rate of the last planned step; the first is RAMP times that.

    Returns:
        The suggestions; the curve ends where the smoothed loss exceeds four times its best.
    """
    rates = highest * RAMP ** (1 - np.arange(len(losses)) / max(len(losses) - 1, 1))
    smooth = smoothed(losses)
    best = np.minimum.accumulate(np.where(np.isfinite(smooth), smooth, np.inf))
    beyond = np.flatnonzero(~np.isfinite(smooth) | (smooth > _ENDS * np.abs(best)))
    end = int(beyond[0]) if len(beyond) else len(smooth)
    curve, rates = smooth[_FIRST : end - _LAST], rates[_FIRST : end - _LAST]
    if len(curve) < 3:
        return Suggestions(None, None, None)
    lowest = int(curve.argmin())
    slopes = np.gradient(curve, np.log(rates))[: lowest + 1]
    start, length = _longest_fall(curve)
    return Suggestions(
        float(rates[int(slopes.argmin())]),
        float(rates[lowest] / 10),
        float(rates[start + (2 * length) // 3]) if length else None,
    )


def smoothed(losses: Losses, weight: float = _SMOOTHING) -> Losses:
    """Return the exponential moving average of losses, free of its bias towards zero."""
    average, averages = 0.0, np.empty(len(losses))
    for index, loss in enumerate(losses):
        average = weight * average + (1 - weight) * float(loss)
        averages[index] = average / (1 - weight ** (index + 1))
    return averages


def regained(losses: Losses, windows: int = 20) -> float:
    """Return how far a loss climbs back above its low, as a share of the loss at the start.

    Args:
        losses: Training loss of every step, shape (steps,).
        windows: Stretches whose means are compared, so that the noise of single steps is not
            taken for a rise.

    Returns:
        0 for a curve that only falls; infinity for one that is not finite.
    """
    if not np.isfinite(losses).all():
        return float("inf")
    parts = np.array_split(losses, min(windows, len(losses)))
    means = np.array([losses[0], *(part.mean() for part in parts)])
    lows = np.minimum.accumulate(means)
    return float((means - lows).max() / max(abs(float(losses[0])), 1e-12))


def _longest_fall(curve: Losses) -> tuple[int, int]:
    """Return start and length of the longest run of falling steps."""
    best, start = (0, 0), 0
    for index in range(1, len(curve)):
        if curve[index] >= curve[index - 1]:
            start = index
        elif index - start > best[1]:
            best = (start, index - start)
    return best

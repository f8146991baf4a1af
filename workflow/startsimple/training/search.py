"""Scrambled quasi-random search, coarse then fine, over the optimiser and its schedule (T-03)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from startsimple.schema.config import RangeConfig, SearchConfig
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.seeds import derive

SCALES = ("log", "linear")

# A single confirmation run would show no spread between seeds.
_LEAST = {
    "coarse_trials": 1,
    "fine_trials": 0,
    "trial_steps": 1,
    "keep": 1,
    "confirm_seeds": 2,
    "confirm_steps": 1,
}


@dataclass(frozen=True)
class Point:
    """One trial's hyper-parameters: values by key in `optimizer`, and the schedule's name."""

    values: dict[str, float]
    schedule: str

    def plain(self) -> dict[str, Any]:
        """Return the point as one flat mapping."""
        return {**self.values, "schedule": self.schedule}


def validate(search: SearchConfig, keys: Sequence[str]) -> None:
    """Refuse a search space that cannot be searched.

    Args:
        search: The space.
        keys: Keys of the optimiser's config.

    Raises:
        UserError: If a key, a bound or a scale is wrong.
    """
    if not search.space or not search.schedules:
        raise UserError("search needs at least one range in search.space and one schedule.")
    for name, least in _LEAST.items():
        if getattr(search, name) < least:
            raise UserError(f"search.{name}={getattr(search, name)} must be at least {least}.")
    for key, bounds in search.space.items():
        if key not in keys:
            raise UserError(f"search.space has no use for '{key}'. {nearest(key, keys)}")
        if bounds.scale not in SCALES:
            raise UserError(f"search.space.{key}.scale: {nearest(bounds.scale, SCALES)}")
        if not bounds.low < bounds.high or (bounds.scale == "log" and bounds.low <= 0):
            raise UserError(
                f"search.space.{key}: low={bounds.low} must be below high={bounds.high}, "
                "and positive on a log scale."
            )


def sample(
    space: dict[str, RangeConfig], schedules: Sequence[str], count: int, seed: int
) -> list[Point]:
    """Draw points that cover a space evenly: a scrambled Sobol sequence.

    Args:
        space: Range of each hyper-parameter.
        schedules: Names to choose from; one more axis of the sequence.
        count: Points wanted.
        seed: Seed of the scrambling.

    Returns:
        The points; values are rounded to three significant digits.
    """
    if count == 0:
        return []
    from scipy.stats import qmc

    keys = sorted(space)
    sobol = qmc.Sobol(len(keys) + 1, scramble=True, rng=derive(seed, "sobol"))
    # Powers of two keep the sequence balanced; what is beyond count is not used.
    rows = sobol.random_base2(math.ceil(math.log2(max(count, 2))))[:count]
    return [
        Point(
            {key: _value(space[key], float(unit)) for key, unit in zip(keys, row, strict=False)},
            schedules[min(int(row[-1] * len(schedules)), len(schedules) - 1)],
        )
        for row in rows
    ]


def narrow(
    space: dict[str, RangeConfig], best: Sequence[Point], margin: float = 0.1
) -> tuple[dict[str, RangeConfig], list[str]]:
    """Return the space that the best coarse points span, a little wider.

    Args:
        space: The coarse ranges.
        best: The points to keep.
        margin: Share of the coarse range added on both sides, within its bounds.

    Returns:
        The fine ranges, and the schedules of the best points.
    """
    fine: dict[str, RangeConfig] = {}
    for key, bounds in space.items():
        units = [_unit(bounds, point.values[key]) for point in best]
        low, high = max(0.0, min(units) - margin), min(1.0, max(units) + margin)
        ends = sorted(min(max(_scaled(bounds, u), bounds.low), bounds.high) for u in (low, high))
        fine[key] = RangeConfig(ends[0], ends[1], bounds.scale)
    return fine, sorted({point.schedule for point in best})


def at_boundary(
    space: dict[str, RangeConfig], points: Sequence[Point], fraction: float
) -> list[str]:
    """Return the keys of which a point lies near a bound of its range (T-05).

    Args:
        space: The searched ranges.
        points: The best points.
        fraction: Nearness, as a share of the range in its own scale.
    """
    return sorted(
        key
        for key, bounds in space.items()
        if any(not fraction < _unit(bounds, p.values[key]) < 1 - fraction for p in points)
    )


def _scaled(bounds: RangeConfig, unit: float) -> float:
    if bounds.scale == "log":
        low, high = math.log(bounds.low), math.log(bounds.high)
        return math.exp(low + unit * (high - low))
    return bounds.low + unit * (bounds.high - bounds.low)


def _unit(bounds: RangeConfig, value: float) -> float:
    if bounds.scale == "log":
        return math.log(value / bounds.low) / math.log(bounds.high / bounds.low)
    return (value - bounds.low) / (bounds.high - bounds.low)


def _value(bounds: RangeConfig, unit: float) -> float:
    """Return a value that people can read, which rounding must not carry out of its range."""
    rounded = float(f"{_scaled(bounds, unit):.3g}")
    return min(max(rounded, bounds.low), bounds.high)

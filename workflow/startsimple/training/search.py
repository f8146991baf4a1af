"""A search space and its points: sampled quasi-randomly, narrowed, widened (T-01 to T-05)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from startsimple.schema.errors import UserError, nearest
from startsimple.schema.searches import RangeConfig, SearchConfig
from startsimple.schema.seeds import derive

Space = Mapping[str, RangeConfig]

# Where each name of a search lives in the config, and the values that make sense there.
TUNABLE = {
    "lr": "optimizer.lr",
    "weight_decay": "optimizer.weight_decay",
    "momentum": "optimizer.momentum",
    "beta1": "optimizer.beta1",
    "warmup_fraction": "schedule.warmup_fraction",
    "schedule": "schedule.name",
    "optimizer": "optimizer.name",
}
_CEILINGS = {"momentum": 0.999, "beta1": 0.999, "warmup_fraction": 0.9}


@dataclass(frozen=True)
class Point:
    """One trial's hyper-parameters: numbers and choices by the names that the search gives them."""

    values: dict[str, float]
    choices: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def schedule(self) -> str:
        """Name of the schedule."""
        return self.choices["schedule"]

    def plain(self) -> dict[str, Any]:
        """Return the point as one flat mapping."""
        return {**self.values, **self.choices}

    def changes(self) -> dict[str, Any]:
        """Return what the point sets, by dotted key of the config."""
        return {TUNABLE[bare(name)]: value for name, value in self.plain().items()}


def bare(name: str) -> str:
    """Return a name without the optimiser that it is conditional on (T-02)."""
    return name.rpartition(".")[2]


def choices_of(search: SearchConfig) -> dict[str, list[str]]:
    """Return what a search chooses among, by name."""
    named = {"schedule": list(search.schedules), "optimizer": list(search.optimizers)}
    return {name: options for name, options in named.items() if options}


def sample(
    space: Space,
    choices: Mapping[str, Sequence[str]],
    count: int,
    seed: int,
    sequence: str = "sobol",
) -> list[Point]:
    """Draw points that cover a space evenly: a scrambled quasi-random sequence (T-03).

    Args:
        space: Range of each number.
        choices: Options of each choice; one more axis of the sequence each.
        count: Points wanted.
        seed: Seed of the scrambling.
        sequence: sobol or halton.

    Returns:
        The points; numbers are rounded to three significant digits.
    """
    if count == 0:
        return []
    from scipy.stats import qmc

    keys, dimensions = sorted(space), len(space) + len(choices)
    if sequence == "halton":
        rows = qmc.Halton(dimensions, scramble=True, rng=derive(seed, "halton")).random(count)
    else:
        sobol = qmc.Sobol(dimensions, scramble=True, rng=derive(seed, "sobol"))
        # Powers of two keep the sequence balanced; what is beyond count is not used.
        rows = sobol.random_base2(math.ceil(math.log2(max(count, 2))))[:count]
    points: list[Point] = []
    for row in rows:
        units = [float(unit) for unit in row]
        numbers = {key: scaled(space[key], u) for key, u in zip(keys, units, strict=False)}
        chosen = {
            name: options[min(int(u * len(options)), len(options) - 1)]
            for (name, options), u in zip(choices.items(), units[len(keys) :], strict=True)
        }
        points.append(point_of(space, numbers, chosen))
    return points


def point_of(space: Space, numbers: Mapping[str, float], chosen: Mapping[str, str]) -> Point:
    """Return a point that people can read, without what its choices make meaningless (T-02).

    Args:
        space: Range of each number; rounding must not carry a number out of it.
        numbers: A number for every range.
        chosen: One option of every choice.
    """
    values: dict[str, float] = {}
    for name, bounds in space.items():
        owner = name.rpartition(".")[0]
        if not owner or owner == chosen.get("optimizer"):
            rounded = float(f"{numbers[name]:.3g}")
            values[name] = min(max(rounded, bounds.low), bounds.high)
    return Point(values, dict(chosen))


def narrow(
    space: Space, choices: Mapping[str, Sequence[str]], best: Sequence[Point], margin: float = 0.1
) -> tuple[dict[str, RangeConfig], dict[str, list[str]]]:
    """Return the space that the best coarse points span, a little wider.

    Args:
        space: The coarse ranges.
        choices: The coarse choices.
        best: The points to keep.
        margin: Share of the coarse range added on both sides, within its bounds.

    Returns:
        The fine ranges, and the options of the best points.
    """
    fine: dict[str, RangeConfig] = {}
    for key, bounds in space.items():
        units = [unit_of_range(bounds, p.values[key]) for p in best if key in p.values] or [0, 1]
        low, high = max(0.0, min(units) - margin), min(1.0, max(units) + margin)
        ends = sorted(min(max(scaled(bounds, u), bounds.low), bounds.high) for u in (low, high))
        fine[key] = RangeConfig(ends[0], ends[1], bounds.scale)
    return fine, {name: sorted({point.choices[name] for point in best}) for name in choices}


def at_boundary(
    space: Space, points: Sequence[Point], fraction: float
) -> dict[str, tuple[bool, bool]]:
    """Return the names of which a point lies near a bound, and near which: low, high (T-05).

    Args:
        space: The searched ranges.
        points: The best points.
        fraction: Nearness, as a share of the range in its own scale.
    """
    near: dict[str, tuple[bool, bool]] = {}
    for key, bounds in sorted(space.items()):
        units = [unit_of_range(bounds, p.values[key]) for p in points if key in p.values]
        sides = any(u <= fraction for u in units), any(u >= 1 - fraction for u in units)
        if any(sides):
            near[key] = sides
    return near


def widen(
    space: Space, near: Mapping[str, tuple[bool, bool]], share: float = 0.5
) -> tuple[dict[str, RangeConfig], list[dict[str, RangeConfig]]]:
    """Widen the ranges whose bound is among the best (T-05).

    Args:
        space: The searched ranges.
        near: Which bounds, as `at_boundary` tells.
        share: Share of the range that is added beyond the bound, in its own scale.

    Returns:
        The wider space, and its added parts as spaces of their own; no parts if nothing sensible
        lies beyond the bounds.
    """
    wider, strips = dict(space), list[tuple[str, RangeConfig]]()
    for key, (low, high) in near.items():
        bounds, old = space[key], wider[key]
        floor = 0.0 if bounds.scale == "linear" else bounds.low * 1e-12
        ceiling = _CEILINGS.get(bare(key), math.inf)
        if low and (edge := max(floor, scaled(bounds, -share))) < bounds.low:
            strips.append((key, RangeConfig(edge, bounds.low, bounds.scale)))
            old = RangeConfig(edge, old.high, bounds.scale)
        if high and (edge := min(ceiling, scaled(bounds, 1 + share))) > bounds.high:
            strips.append((key, RangeConfig(bounds.high, edge, bounds.scale)))
            old = RangeConfig(old.low, edge, bounds.scale)
        wider[key] = old
    return wider, [{**wider, key: strip} for key, strip in strips]


def scaled(bounds: RangeConfig, unit: float) -> float:
    """Return the value at a share of a range, on the range's own scale."""
    if bounds.scale == "log":
        low, high = math.log(bounds.low), math.log(bounds.high)
        return math.exp(low + unit * (high - low))
    return bounds.low + unit * (bounds.high - bounds.low)


def unit_of_range(bounds: RangeConfig, value: float) -> float:
    """Return where a value lies in its range, 0 at the low end and 1 at the high one."""
    if bounds.scale == "log":
        return math.log(value / bounds.low) / math.log(bounds.high / bounds.low)
    return (value - bounds.low) / (bounds.high - bounds.low)


def refuse(name: str, options: Sequence[str]) -> UserError:
    """Return the error for a name that cannot be searched."""
    if "step" in name or "epoch" in name:
        return UserError(
            f"search.space: '{name}' is never tuned: the budget is fixed for a study, and T-11 "
            "says afterwards whether it was too short or too long. Set training.steps instead."
        )
    return UserError(f"search.space has no use for '{name}'. {nearest(name, options)}")

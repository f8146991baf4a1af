"""Stage `overfit_batch` on the page: the curve against its floor and the known plateaus."""

import math

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.section import Figure, Section, curve, number, numbers, pairs, series
from startsimple.report.values import show

# A loss of exactly zero has no place on a logarithmic axis.
_SMALLEST = 1e-8


def figures(rung: Rung) -> list[Figure]:
    """Draw the frozen batch's loss, its blind control, and where known faults get stuck."""
    runs = {one["name"]: curve(one, "train_loss") for one in series(rung)}
    runs = {name: points for name, points in runs.items() if points}
    if not runs:
        return []
    frozen, *others = runs
    facts = numbers(rung)
    chance = number(facts.get("chance"))
    values = [max(y, _SMALLEST) for name in runs for _, y in runs[name] if math.isfinite(y)]
    chart = Chart(
        "Training loss on one frozen batch",
        Scale(0, max(x for x, _ in runs[frozen])),
        Scale.around([*values, chance or 1.0], log=True),
        "optimiser step",
        "training loss (log scale)",
    )
    floor = number(facts.get("floor"))
    if floor is not None and floor > chart.y.low:
        chart.level(floor, f"floor {show(floor, 3)}", "level good")
    known = {name: float(value) for name, value in pairs(facts.get("fingerprints")).items()}
    for name, value in sorted(known.items(), key=lambda item: -item[1]):
        if value > chart.y.low:
            chart.level(value, f"{name} {show(value, 3)}", "level faint")
    names = [name for name in others if name != "second set"]
    for place, name in enumerate(names[:4], start=1):
        chart.line(_clipped(runs[name]), f"s{place}", name)
    chart.line(_clipped(runs[frozen]), "s0 thick", frozen)
    legend = [(frozen, "s0"), *((name, f"s{place}") for place, name in enumerate(names[:4], 1))]
    return [Figure(chart.svg(), _caption(facts, floor, known), legend)]


def _clipped(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x, max(y, _SMALLEST)) for x, y in points]


def _caption(facts: object, floor: float | None, known: dict[str, float]) -> str:
    told = pairs(facts)
    reached = told.get("steps_to_criterion")
    parts = [f"One batch of {told.get('examples', 'a few')} examples"]
    if floor is not None:
        parts.append(f"whose loss can fall to {show(floor, 3)}")
    parts.append(f"; the criterion is met after {reached} steps." if reached else ".")
    if known:
        parts.append(" Dotted lines: where known faults get stuck.")
    return " ".join(parts[:2]) + "".join(parts[2:])


SECTION = Section(
    "overfit_batch",
    "One frozen batch can be driven to its computed floor, and not without its inputs.",
    "Labels shifted as a whole, a frozen first layer and gradients that are not cleared can pass "
    "this gate; the checks of default_model and data exist for them.",
    figures,
)

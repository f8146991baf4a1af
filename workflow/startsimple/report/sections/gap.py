"""Stage `gap` on the page: the error taken apart, and the curves behind it."""

from collections.abc import Mapping
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.section import (
    Figure,
    Section,
    named,
    number,
    numbers,
    pairs,
    scored,
    series,
)

# Name of a bar, where it starts and ends, and its interval.
_Step = tuple[str, float, float, tuple[float, float] | None]
_NAMES = {"validation_overfitting": "val. overfitting"}


def figures(rung: Rung) -> list[Figure]:
    """Draw the waterfall of the error and the accuracy curves."""
    facts = numbers(rung)
    drawn: list[Figure] = []
    if gaps := pairs(facts.get("gaps")):
        drawn.append(_waterfall(facts, gaps))
    runs = [one for one in series(rung) if scored(one, "val")]
    if runs:
        drawn.append(_curves(runs, number(facts.get("irreducible"))))
    return drawn


def _waterfall(facts: Mapping[str, Any], gaps: Mapping[str, Any]) -> Figure:
    """Every bar starts where the one before ends; whiskers are the gap's own interval."""
    irreducible = number(facts.get("irreducible")) or 0.0
    level = irreducible
    steps: list[_Step] = [("irreducible", 0.0, irreducible, None)]
    for name, gap in gaps.items():
        size = float(gap["value"])
        whisker = (level + float(gap["low"]), level + float(gap["high"]))
        steps.append((name, level, level + size, whisker))
        level += size
    ends = [v for _, a, b, w in steps for v in (a, b, *(w or ()))]
    names = [_NAMES.get(name, name) for name, *_ in steps]
    chart = Chart(
        "Where the error is",
        Scale(-0.6, len(steps) - 0.4),
        Scale(min(0.0, *ends), max(ends) * 1.12 or 0.01),
        "",
        "error",
        {float(place): name for place, name in enumerate(names)},
    )
    largest = facts.get("largest")
    for place, (name, low, high, whisker) in enumerate(steps):
        look = "s5" if place == 0 else "bad" if name == largest else "s0"
        chart.bar(place - 0.32, place + 0.32, low, high, look, f"{name}: {high - low:.4f}")
        top = max(high, *(whisker or (high,)))
        if whisker:
            chart.whisker(place, *whisker)
        chart.text(place, top, f"{high - low:+.3f}" if place else f"{high:.3f}")
    return Figure(chart.svg(), _caption(facts))


def _caption(facts: Mapping[str, Any]) -> str:
    confidence = number(facts.get("confidence")) or 0.95
    parts = [f"Whiskers: {confidence:.0%} intervals of each gap."]
    if source := facts.get("irreducible_source"):
        parts.append(f"Irreducible error: {source}.")
    parts += [f"Not measured: {n} ({why})." for n, why in pairs(facts.get("unmeasured")).items()]
    if route := facts.get("route"):
        parts.insert(0, f"Route: {route}.")
    return " ".join(parts).replace("..", ".").replace("_", " ")


def _curves(runs: list[dict[str, Any]], irreducible: float | None) -> Figure:
    points = [p for one in runs for key in ("train", "val") for p in scored(one, key)]
    goal = None if irreducible is None else 1 - irreducible
    chart = Chart(
        f"{named(runs[0], 'val').capitalize()} of the default model during training",
        Scale(0, max(x for x, _ in points)),
        Scale.around([*(y for _, y in points), *([goal] if goal else [])]),
        "optimiser step",
        named(runs[0], "val"),
    )
    if goal:
        chart.level(goal, f"goal {goal:.3f}", "level good")
    for one in runs:
        chart.line(scored(one, "train"), "s1", f"{one['name']}, train")
        chart.line(scored(one, "val"), "s0 thick", f"{one['name']}, validation")
    legend = [("train", "s1"), ("validation", "s0")]
    return Figure(chart.svg(), f"{len(runs)} seeds of the default model, full data.", legend)


SECTION = Section(
    "gap",
    "Where the error is: irreducible, bias, variance, shift or validation overfitting, each with "
    "its interval.",
    "A shift that the validation split shares with train is invisible, and the irreducible error "
    "is a declared number, not a measured one.",
    figures,
)

"""The error taken apart, as a waterfall: every bar starts where the one before ends."""

from collections.abc import Mapping
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.section import Figure, number, pairs

# Name of a bar, where it starts and ends, and its interval.
_Step = tuple[str, float, float, tuple[float, float] | None]
_NAMES = {"validation_overfitting": "val. overfitting"}


def waterfall(title: str, facts: Mapping[str, Any]) -> Figure:
    """Draw a decomposition; whiskers are each gap's own interval.

    Args:
        title: What is taken apart.
        facts: Figures of a verdict: gaps, irreducible, and whatever the caption tells.
    """
    irreducible = number(facts.get("irreducible")) or 0.0
    best = pairs(facts.get("irreducible_interval"))
    level = irreducible
    known = best and best["low"] < best["high"]
    steps: list[_Step] = [
        (
            "irreducible",
            0.0,
            irreducible,
            (float(best["low"]), float(best["high"])) if known else None,
        )
    ]
    for name, gap in pairs(facts.get("gaps")).items():
        size = float(gap["value"])
        whisker = (level + float(gap["low"]), level + float(gap["high"]))
        steps.append((name, level, level + size, whisker))
        level += size
    ends = [v for _, a, b, w in steps for v in (a, b, *(w or ()))]
    names = [_NAMES.get(name, name) for name, *_ in steps]
    chart = Chart(
        title,
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
    parts = [f"Whiskers: intervals that hold together at {confidence:.0%}."]
    best = pairs(facts.get("irreducible_interval"))
    if source := facts.get("irreducible_source"):
        exact = ", taken as exact" if best and best["low"] == best["high"] else ""
        parts.append(f"Irreducible error: {source}{exact}.")
    parts += [f"Not measured: {n} ({why})." for n, why in pairs(facts.get("unmeasured")).items()]
    for name, gap in pairs(facts.get("gaps")).items():
        if explained := float(gap.get("explained") or 0.0):
            parts.append(f"Choosing the best model explains {explained:.3f} of {name}.")
        if float(gap["low"]) <= 0 <= float(gap["high"]):
            parts.append(f"Inconclusive: {name}.")
    if more := facts.get("more_examples"):
        parts.append(f"About {more} more examples per set would decide what is inconclusive.")
    if model := facts.get("model"):
        parts.insert(0, f"The claimed model: {model}.")
    if route := facts.get("route"):
        parts.insert(0, f"Route: {route}.")
    return " ".join(parts).replace("..", ".").replace("_", " ")

"""Stage `gap` on the page: the error taken apart, and the curves behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.error_analysis import analysis_figures
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
from startsimple.report.values import show
from startsimple.report.waterfall import waterfall
from startsimple.schema.canonical import read_json

# Extrapolated needs beyond this mean that data alone will not do.
_ENDLESS = 1e9


def figures(rung: Rung) -> list[Figure]:
    """Draw the waterfall, the accuracy curves, the learning curve and the error analysis."""
    facts = numbers(rung)
    drawn: list[Figure] = []
    if pairs(facts.get("gaps")):
        drawn.append(waterfall("Where the error is", facts))
    runs = [one for one in series(rung) if scored(one, "val")]
    if runs:
        drawn.append(_curves(runs, number(facts.get("irreducible"))))
    if learnt := pairs(facts.get("curve")):
        drawn.append(_learning_curve(learnt, number(facts.get("irreducible"))))
    path = rung.folder / "analysis.json"
    return drawn + (analysis_figures(read_json(path)) if path.exists() else [])


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


def _learning_curve(facts: Mapping[str, Any], irreducible: float | None) -> Figure:
    sizes: Sequence[int] = facts["sizes"]
    errors: Sequence[Mapping[str, Any]] = facts["errors"]
    gain, need = pairs(facts["next_gain"]), pairs(facts["needed"])
    ends = [float(one[end]) for one in errors for end in ("low", "high")]
    last, doubled = float(errors[-1]["value"]), 2 * sizes[-1]
    chart = Chart(
        "Validation error by the number of training examples",
        Scale(sizes[0] / 1.3, doubled * 1.3, log=True),
        Scale.around([*ends, last - float(gain["value"]), *([irreducible] if irreducible else [])]),
        "training examples (log scale)",
        "validation error",
        {float(size): str(size) for size in (*sizes, doubled)},
    )
    if irreducible:
        chart.level(irreducible, f"irreducible {irreducible:.3f}", "level good")
    means = [(float(size), float(one["value"])) for size, one in zip(sizes, errors, strict=True)]
    chart.line(means, "s0 thick", "measured")
    for (size, mean), one in zip(means, errors, strict=True):
        chart.whisker(size, float(one["low"]), float(one["high"]))
        chart.dot(size, mean, "s0", f"{size:.0f} examples: {mean:.4f}")
    chart.line([means[-1], (float(doubled), last - float(gain["value"]))], "s5", "extrapolated")
    chart.whisker(float(doubled), last - float(gain["high"]), last - float(gain["low"]))
    verb = "still falls" if facts["falling"] else "does not fall beyond its interval"
    caption = (
        f"{facts['steps']} steps at every size. The error {verb} at the last doubling. At a power "
        f"law down to the irreducible error, the target needs {_examples(need['value'])} "
        f"[{_examples(need['low'])}, {_examples(need['high'])}]."
    )
    return Figure(chart.svg(), caption, [("measured", "s0"), ("one more doubling", "s5")])


def _examples(count: Any) -> str:
    """Return a number of examples as people read it; none is enough where it is infinite."""
    value = float(count)
    return f"{show(value, 2)} examples" if value < _ENDLESS else "more than anyone has"


SECTION = Section(
    "gap",
    "Where the error is: irreducible, bias, variance, shift or validation overfitting, each with "
    "its interval.",
    "A shift that the validation split shares with train is invisible, and the irreducible error "
    "is a declared number, not a measured one.",
    figures,
)

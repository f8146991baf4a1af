"""What a study shows besides its axes: isolated choices, best of k, sensitivities, rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.html import row, table
from startsimple.report.section import Figure, pairs
from startsimple.report.values import show

_CHOICES = ("schedule", "optimizer")


def isolations(trials: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Draw every choice with its best trial, so that all else is optimised away (T-08)."""
    drawn: list[Figure] = []
    for name in _CHOICES:
        buckets: dict[str, list[float]] = {}
        for trial in trials:
            if name in trial and not trial.get("diverged"):
                buckets.setdefault(str(trial[name]), []).append(float(trial["score"]))
        if len(buckets) > 1:
            drawn.append(_isolation(name, buckets))
    return drawn


def _isolation(name: str, buckets: Mapping[str, Sequence[float]]) -> Figure:
    names = sorted(buckets)
    chart = Chart(
        f"Best trial of each {name}",
        Scale(-0.5, len(names) - 0.5),
        Scale.around([score for scores in buckets.values() for score in scores], margin=0.1),
        "",
        "validation score",
        {float(place): told for place, told in enumerate(names)},
    )
    for place, told in enumerate(names):
        best = max(buckets[told])
        for score in buckets[told]:
            chart.dot(place, score, "open", f"{told}: {score:.4f}")
        chart.dot(place, best, "ring", f"best of {len(buckets[told])} with {told}: {best:.4f}", 8)
        chart.text(place, best, f"{best:.3f}", rise=11)
    caption = f"Ring: the best trial of each {name}, whatever else it was; dots: all its trials."
    return Figure(chart.svg(), caption)


def best_of(facts: Mapping[str, Any]) -> Figure:
    """Draw the expected best of k trials between its quartiles (T-07)."""
    best = [float(score) for score in facts["best_of_k"]]
    ends = [[float(v) for v in facts.get(f"best_of_k_{end}") or []] for end in ("low", "high")]
    places = range(1, len(best) + 1)
    chart = Chart(
        "Expected best of k trials",
        Scale(1, max(len(best), 2)),
        Scale.around([*best, *ends[0], *ends[1]]),
        "trials k",
        "validation score",
        {float(k): f"{k}" for k in places if k == 1 or k % max(len(best) // 6, 1) == 0},
    )
    for name, values in zip(("lower quartile", "upper quartile"), ends, strict=True):
        chart.line([(float(k), v) for k, v in zip(places, values, strict=False)], "s5", name)
    chart.line([(float(k), v) for k, v in zip(places, best, strict=True)], "s0 thick", "expected")
    caption = "Once it is flat, more trials of this search buy nothing; between its quartiles."
    legend = [("expected best", "s0"), ("quartiles", "s5")]
    return Figure(chart.svg(), caption, legend)


def tables(facts: Mapping[str, Any]) -> list[Figure]:
    """Return the study's tables: halving, sensitivities, roles and caveats, every rule."""
    drawn: list[Figure] = []
    if facts.get("halving"):
        drawn.append(_halving(facts["halving"]))
    if facts.get("sensitivity"):
        drawn.append(_sensitivity(facts["sensitivity"]))
    if facts.get("roles"):
        drawn.append(_roles(facts))
    if facts.get("method"):
        rows = [row(rule["id"], rule["became"]) for rule in facts["method"]]
        caption = "Every rule of tuning, and what became of it in this study."
        drawn.append(Figure(table(("Rule", "Here"), rows, class_="checks"), caption, wide=True))
    return drawn


def _halving(told: Mapping[str, Any]) -> Figure:
    rows = [
        row("begun", told["rungs"], f"{told['steps']} steps each"),
        row("promoted", told["promoted"], "all steps, from the start"),
    ]
    agreement = told["agreement"]
    agree = (
        "Whether their short and whole scores agree in order cannot be told."
        if agreement is None
        else f"Their short and whole scores agree in order by {show(agreement)} (Spearman)."
    )
    caption = (
        "Successive halving of the coarse round: the best of the short runs got the whole budget. "
        f"{agree} Its bias: {told['bias']}."
    )
    return Figure(table(("Points", "Number", "Budget"), rows, class_="checks"), caption)


def _sensitivity(rows: Sequence[Mapping[str, Any]]) -> Figure:
    told = [
        row(
            one["name"],
            one["lecture"],
            "" if one["share"] is None else _share(one),
            one["measured"],
            "disagrees" if one["disagrees"] else one["note"],
            class_="warn" if one["disagrees"] else None,
        )
        for one in rows
    ]
    head = ("Hyper-parameter", "Lecture", "Share of variance", "Measured", "")
    caption = (
        "Sensitivity by the lecture, relative to sensible defaults, beside the share of the "
        "trials' variance within the searched ranges (functional analysis of variance, over "
        "forests of different seeds): 0.4 counts as high, 0.1 as medium."
    )
    return Figure(table(head, told, class_="checks"), caption, wide=True)


def _share(one: Mapping[str, Any]) -> str:
    return f"{show(one['share'])} [{show(one['low'])}, {show(one['high'])}]"


def _roles(facts: Mapping[str, Any]) -> Figure:
    space, caveats = pairs(facts.get("space")), pairs(facts.get("caveats"))
    told = [row(name, role, _where(name, space, caveats)) for name, role in facts["roles"].items()]
    study = pairs(facts.get("study"))
    caption = (
        f"{facts.get('goal', '')} What is fixed is a caveat. Study {study.get('name', '')}: "
        f"{study.get('trials', '')} trials, best validation score "
        f"{show(study.get('best'))}; to repeat it: {study.get('command', '')}."
    )
    head = ("Hyper-parameter", "Role", "Range, or why it is fixed")
    return Figure(table(head, told, class_="checks"), caption, wide=True)


def _where(name: str, space: Mapping[str, Any], caveats: Mapping[str, Any]) -> str:
    if name in caveats:
        return str(caveats[name])
    if name not in space:
        return "chosen from the search's list"
    bounds = space[name]
    return f"{show(bounds['low'])} to {show(bounds['high'])}, {bounds['scale']}"

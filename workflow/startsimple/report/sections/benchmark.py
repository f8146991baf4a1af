"""Stage `benchmark` on the page: seeds against the published number."""

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
from startsimple.report.values import shorten


def figures(rung: Rung) -> list[Figure]:
    """Draw the seeds' scores against the claim, and how they got there."""
    facts = numbers(rung)
    reference = number(facts.get("reference"))
    if reference is None or not facts.get("scores"):
        return []
    drawn = [_scores(facts, reference)]
    runs = [one for one in series(rung) if scored(one, "test")]
    if runs:
        drawn.append(_curves(runs, facts, reference))
    return drawn


def _metric(facts: Any) -> str:
    return str(facts.get("metric") or "accuracy").replace("_", " ")


def _uncertainty(facts: Any) -> float:
    return 2 * (number(facts.get("uncertainty")) or 0.0)


def _scores(facts: Any, reference: float) -> Figure:
    scores = [float(score) for score in facts["scores"]]
    interval = pairs(facts.get("interval"))
    baselines = {name: float(v) for name, v in pairs(facts.get("baselines")).items()}
    spread = _uncertainty(facts)
    everything = [*scores, *baselines.values(), reference - spread, reference + spread]
    columns = ["seeds", "mean", *baselines]
    chart = Chart(
        "Seeds against the known value",
        Scale(-0.5, len(columns) - 0.5),
        Scale.around([*everything, *(float(interval[k]) for k in ("low", "high") if interval)]),
        "",
        f"test {_metric(facts)}",
        {float(place): shorten(name.replace("_", " "), 22) for place, name in enumerate(columns)},
    )
    chart.band(reference - spread, reference + spread, "reference")
    chart.level(reference, f"reference {reference:.3f}", "level good")
    for seed, score in enumerate(scores):
        shift = (seed - (len(scores) - 1) / 2) * 0.12
        chart.dot(shift, score, "s0", f"seed {seed}: {score:.4f}")
    if interval:
        chart.whisker(1, float(interval["low"]), float(interval["high"]))
        chart.dot(1, float(interval["value"]), "s0", f"mean {float(interval['value']):.4f}", 5)
    for place, (name, value) in enumerate(baselines.items(), start=2):
        chart.dot(place, value, "s2", f"{name}: {value:.4f}")
    rank = facts.get("rank")
    worth = f" (rank {rank}: {facts.get('rank_means', '')})" if rank else ""
    source = f" Source: {facts['source']}" if facts.get("source") else ""
    parts = [f"{facts.get('claim', 'The claim')}{worth}: {facts.get('verdict', 'judged')}."]
    if spread:
        parts.append("Band: two standard errors of the test size.")
    if more := facts.get("further_seeds"):
        parts.append(f"{more} more seeds would decide.")
    return Figure(chart.svg(), " ".join(parts).replace("..", ".") + source)


def _curves(runs: list[dict[str, Any]], facts: Any, reference: float) -> Figure:
    curves = [scored(one, "test") for one in runs]
    name = named(runs[0], "test")
    # A claim in another unit than the curves', such as a squared error, has no place beside them.
    shown = [reference] if name == _metric(facts) else []
    chart = Chart(
        "Test score during training, per seed",
        Scale(0, max(x for points in curves for x, _ in points)),
        Scale.around([*(y for points in curves for _, y in points), *shown]),
        "optimiser step",
        f"test {name}",
    )
    if shown:
        spread = _uncertainty(facts)
        chart.band(reference - spread, reference + spread, "reference")
        chart.level(reference, f"reference {reference:.3f}", "level good")
    for seed, points in enumerate(curves):
        chart.line(points, f"s{seed % 6}", f"seed {seed}")
    legend = [(f"seed {seed}", f"s{seed % 6}") for seed in range(min(len(runs), 6))]
    return Figure(chart.svg(), "Scored at fixed steps; nothing is chosen by these curves.", legend)


SECTION = Section(
    "benchmark",
    "A published number is reproduced, statistically, over seeds.",
    "A fault that the published result has too, or one smaller than the test split's sampling "
    "error, passes this gate.",
    figures,
)

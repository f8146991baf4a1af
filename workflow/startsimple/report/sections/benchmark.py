"""Stage `benchmark` on the page: seeds against the published number."""

from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.section import Figure, Section, curve, number, numbers, pairs, series
from startsimple.report.values import shorten


def figures(rung: Rung) -> list[Figure]:
    """Draw the seeds' scores against the claim, and how they got there."""
    facts = numbers(rung)
    reference = number(facts.get("reference"))
    if reference is None or not facts.get("scores"):
        return []
    drawn = [_scores(facts, reference)]
    runs = [curve(one, "test_accuracy") for one in series(rung)]
    if any(runs):
        drawn.append(_curves([points for points in runs if points], facts, reference))
    return drawn


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
        "Accuracy over seeds against the published value",
        Scale(-0.5, len(columns) - 0.5),
        Scale.around([*everything, *(float(interval[k]) for k in ("low", "high") if interval)]),
        "",
        "test accuracy",
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
    caption = (
        f"{facts.get('claim', 'The claim')}{worth}. Band: two standard errors of the test size."
    )
    return Figure(chart.svg(), caption.replace("..", ".") + source)


def _curves(runs: list[list[tuple[float, float]]], facts: Any, reference: float) -> Figure:
    chart = Chart(
        "Test accuracy during training, per seed",
        Scale(0, max(x for points in runs for x, _ in points)),
        Scale.around([*(y for points in runs for _, y in points), reference]),
        "optimiser step",
        "test accuracy",
    )
    spread = _uncertainty(facts)
    chart.band(reference - spread, reference + spread, "reference")
    chart.level(reference, f"reference {reference:.3f}", "level good")
    for seed, points in enumerate(runs):
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

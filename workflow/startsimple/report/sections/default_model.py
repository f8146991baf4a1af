"""Stage `default_model` on the page: the short training run against the dumb baselines."""

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.section import Figure, Section, curve, series


def figures(rung: Rung) -> list[Figure]:
    """Draw the loss of the short runs, if the stage kept their curves."""
    lines = [(one["name"], curve(one, "train_loss")) for one in series(rung)]
    lines = [(name, points) for name, points in lines if points]
    if not lines:
        return []
    losses = [y for _, points in lines for _, y in points]
    steps = [x for _, points in lines for x, _ in points]
    chart = Chart(
        "Training loss of the short runs",
        Scale(0, max(steps)),
        Scale.around([0.0, *losses]),
        "optimiser step",
        "training loss",
    )
    for place, (name, points) in enumerate(lines[:6]):
        chart.line(points, f"s{place}", name)
    legend = [(name, f"s{place}") for place, (name, _) in enumerate(lines[:6])]
    return [Figure(chart.svg(), "Short runs with and without their inputs.", legend)]


SECTION = Section(
    "default_model",
    "The default model for this input type runs, starts at the right loss, moves every parameter "
    "and ignores none of its input.",
    "A model that is merely too small, a learning rate that is merely poor, and labels that are "
    "shifted as a whole pass this gate.",
    figures,
)

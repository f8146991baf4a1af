"""Stage `default_model` on the page: the model layer by layer, and against the dumb baselines."""

from collections.abc import Mapping, Sequence
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.html import Html, row, table
from startsimple.report.section import Figure, Section, numbers, pairs
from startsimple.report.values import show
from startsimple.schema.canonical import read_json

# A deeper model's table is for its file; on the page its first layers tell the pattern.
_MOST_MODULES = 24


def figures(rung: Rung) -> list[Figure]:
    """Draw the short run's accuracy against the baselines; list the modules as they ran."""
    facts = numbers(rung)
    drawn: list[Figure] = []
    if baselines := pairs(facts.get("baselines")):
        drawn.append(_baselines(baselines))
    path = rung.folder / "modules.json"
    modules: list[Mapping[str, Any]] = read_json(path) if path.exists() else []
    if modules:
        drawn.append(_modules(modules, facts.get("parameters")))
    return drawn


def _baselines(baselines: Mapping[str, Any]) -> Figure:
    scores = {n: float(v) for n, v in baselines.items() if n != "examples" and v is not None}
    ordered = sorted(scores, key=lambda name: (name == "model", scores[name]))
    chart = Chart(
        "Validation accuracy of the model and of the dumb baselines",
        Scale(-0.5, len(ordered) - 0.5),
        Scale(0, 1.08),
        "",
        "validation accuracy",
        {float(place): name.replace("_", " ") for place, name in enumerate(ordered)},
    )
    for place, name in enumerate(ordered):
        look = "s0" if name == "model" else "s5"
        chart.bar(place - 0.3, place + 0.3, 0, scores[name], look, f"{name}: {scores[name]:.4f}")
        chart.text(place, scores[name], f"{scores[name]:.3f}")
    caption = "A short training run on the simplified problem, against what needs no network."
    return Figure(chart.svg(), caption)


def _modules(modules: Sequence[Mapping[str, Any]], parameters: Any) -> Figure:
    head = ("Module", "Type", "Output shape", "Mean", "Spread", "Parameters")
    rows = [_module(module) for module in modules[:_MOST_MODULES]]
    total = f"{parameters} parameters in all. " if parameters else ""
    more = len(modules) - _MOST_MODULES
    rest = f" {more} more are in modules.json." if more > 0 else ""
    caption = f"{total}Outputs of every module on one batch, at initialisation.{rest}"
    return Figure(table(head, rows, class_="modules"), caption)


def _module(module: Mapping[str, Any]) -> Html:
    outputs: list[Mapping[str, Any]] = module.get("outputs") or [{}]
    first = outputs[0]
    shape = " \N{MULTIPLICATION SIGN} ".join(str(size) for size in first.get("shape") or [])
    mean, spread = show(first.get("mean"), 3), show(first.get("std"), 3)
    kind, parameters = str(module.get("type")), show(module.get("parameters"))
    return row(str(module.get("module") or "whole model"), kind, shape, mean, spread, parameters)


SECTION = Section(
    "default_model",
    "The default model for this input type runs, starts at the right loss, moves every parameter "
    "and ignores none of its input.",
    "A model that is merely too small, a learning rate that is merely poor, and labels that are "
    "shifted as a whole pass this gate.",
    figures,
)

"""The error analysis on the page: which examples are wrong, and what they have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.html import Child, Html, row, table, tag
from startsimple.report.pictures import gallery
from startsimple.report.section import Figure, pairs
from startsimple.report.values import NOTHING, show

_SLICES_SHOWN = 12


def analysis_figures(facts: Mapping[str, Any]) -> list[Figure]:
    """Draw everything that analysis.json holds."""
    kind = str(facts["input"])
    drawn = [_error_table(facts["table"])] if facts["table"] else []
    if facts.get("confusion"):
        drawn.append(_confusion(facts["confusion"]))
    if facts.get("calibration"):
        drawn.append(_calibration(facts["calibration"]))
    if facts["slices"] or facts["discovered"]:
        drawn.append(_slices(facts["slices"], facts["discovered"]))
    names = {"train": "train subset", "val": "validation", "test_val": "test's own validation"}
    for name, items in facts["worst"].items():
        if items:
            told = f"Worst items of the {names[name]}, most confident first."
            drawn.append(gallery(told, kind, items))
    if facts["random"]:
        drawn.append(
            gallery("The model in action on random validation items.", kind, facts["random"])
        )
    for name, noise in facts["noise"].items():
        if noise["items"]:
            where = "the train split" if name == "train" else names[name]
            told = (
                f"Doubtful labels of {where}: "
                f"{noise['count']} candidates, an estimated share of {noise['rate']:.3f}, "
                "judged by models that have not seen them and are right on "
                f"{noise['accuracy']:.3f}; a human decides."
            )
            drawn.append(gallery(told, kind, noise["items"]))
    return drawn


def _error_table(types: Sequence[Mapping[str, Any]]) -> Figure:
    head = ("Error type", "Error %, train-val", "Error %, test-val", "Solutions", "Priority")
    rows = [
        row(
            one["name"],
            _percent(one["validation"]),
            _percent(one["test_validation"]),
            one["solutions"],
            one["priority"],
        )
        for one in types
    ]
    caption = (
        "The lecture's error table. A type's share of all examples bounds what mending it can "
        "gain; types overlap. High: a quarter of all errors, or a shift of as much; low: below a "
        "tenth."
    )
    return Figure(table(head, rows, class_="checks"), caption, wide=True)


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.1f}"


def _confusion(matrix: Sequence[Sequence[int]]) -> Figure:
    total = [max(sum(line), 1) for line in matrix]
    head: list[Child] = ["label", *(str(place) for place in range(len(matrix)))]
    rows = [
        row(
            str(label),
            *(_cell(count, count / total[label], label == told) for told, count in enumerate(line)),
        )
        for label, line in enumerate(matrix)
    ]
    caption = "Confusion matrix on validation, summed over seeds: labels down, answers across."
    return Figure(table(head, rows, class_="confusion"), caption, wide=True)


def _cell(count: int, share: float, right: bool) -> Html:
    colour = "var(--pass)" if right else "var(--fail)"
    shade = f"background: color-mix(in srgb, {colour} {100 * share:.0f}%, transparent)"
    return tag("span", str(count) if count else "", style=f"{shade}; padding: .1rem .35rem")


def _calibration(facts: Mapping[str, Any]) -> Figure:
    bins: Sequence[Mapping[str, Any]] = facts["bins"]
    chart = Chart("Accuracy by confidence", Scale(0, 1), Scale(0, 1.05), "confidence", "accuracy")
    chart.line([(0, 0), (1, 1)], "s5", "calibrated")
    for one in bins:
        accuracy = pairs(one["accuracy"])
        place = float(one["confidence"])
        chart.whisker(place, float(accuracy["low"]), float(accuracy["high"]))
        chart.dot(place, float(accuracy["value"]), "s0", f"{one['count']} examples")
    excess = pairs(facts["excess"])
    caption = (
        f"Calibration: confidence less accuracy {float(excess['value']):+.3f} "
        f"[{float(excess['low']):+.3f}, {float(excess['high']):+.3f}], expected calibration error "
        f"{float(facts['expected_error']):.3f}."
    )
    return Figure(chart.svg(), caption)


def _slices(declared: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> Figure:
    told = [("declared", one) for one in declared] + [("found", one) for one in found]
    told.sort(key=lambda pair: (not pair[1]["worse"], -float(pair[1]["contribution"])))
    rows = [_slice(kind, one) for kind, one in told[:_SLICES_SHOWN]]
    head = ("Slice", "Kind", "Examples", "Error", "Above the rest", "Share of all")
    more = f" The first {_SLICES_SHOWN} of {len(told)}." if len(told) > _SLICES_SHOWN else ""
    caption = (
        "Slices of validation, those with a significantly higher error first; found ones come "
        f"from a shallow tree on one half and are measured on the other.{more}"
    )
    return Figure(table(head, rows, class_="checks"), caption, wide=True)


def _slice(kind: str, one: Mapping[str, Any]) -> Html:
    error, excess = pairs(one["error"]), pairs(one["excess"])
    return row(
        str(one["name"]),
        kind,
        str(one["count"]),
        _interval(error),
        tag("strong", _interval(excess)) if one["worse"] else _interval(excess),
        f"{100 * float(one['contribution']):.1f} %",
    )


def _interval(estimate: Mapping[str, Any]) -> str:
    low, high = (show(float(estimate[end]), 2) for end in ("low", "high"))
    return f"{show(float(estimate['value']), 3)} [{low}, {high}]"

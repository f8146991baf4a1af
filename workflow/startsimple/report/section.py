"""One stage's part of the page: what it proves, its figures, checks, suspects and waivers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from startsimple.diagnosis.faults import FAULTS
from startsimple.report.climb import Reach, Rung
from startsimple.report.html import Child, Html, row, table, tag
from startsimple.report.values import show, show_bound, show_seconds
from startsimple.schema.canonical import read_json
from startsimple.schema.verdict import Check, Suspect

_LONGEST = 20

SYMBOLS = {
    "pass": "✓",
    "warn": "!",
    "fail": "✗",
    "inconclusive": "?",
    "skip": "-",
    "not reached": "·",
    "stale": "~",
    "error": "✗",
}


@dataclass(frozen=True)
class Figure:
    """A drawing with the sentence below it and, if several series are drawn, their legend.

    Attributes:
        drawing: The drawing, or a table.
        caption: The sentence.
        legend: Name and look of each series.
        wide: It takes the page's whole width, as a table with sentences in it must.
    """

    drawing: Html
    caption: str
    legend: Sequence[tuple[str, str]] = ()
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """What the page says about a stage besides its verdict.

    Attributes:
        stage: Name of the stage.
        proves: What a pass proves, in one sentence.
        blind: What passes this gate although it is wrong.
        figures: Draws the stage's figures; what is absent on disk is left out.
    """

    stage: str
    proves: str
    blind: str
    figures: Callable[[Rung], list[Figure]]


def numbers(rung: Rung) -> Mapping[str, Any]:
    """Return the figures of a rung's verdict."""
    return rung.verdict.numbers if rung.verdict else {}


def series(rung: Rung) -> list[dict[str, Any]]:
    """Return the series of a rung's curves.json, none if it kept no curves."""
    path = rung.folder / "curves.json"
    return list(read_json(path)["series"]) if path.exists() else []


def curve(one: Mapping[str, Any], metric: str) -> list[tuple[float, float]]:
    """Return one metric's points; NaN and infinities come back from their JSON strings."""
    points = one.get("metrics", {}).get(metric, {"step": [], "value": []})
    return [(float(s), float(v)) for s, v in zip(points["step"], points["value"], strict=True)]


def metric_of(one: Mapping[str, Any], split: str) -> str:
    """Return the key of the metric that a series was scored with on a split, "" if it was not."""
    keys = pairs(one.get("metrics"))
    return next((k for k in sorted(keys) if k.startswith(f"{split}_") and "loss" not in k), "")


def scored(one: Mapping[str, Any], split: str) -> list[tuple[float, float]]:
    """Return the points of that metric's curve."""
    return curve(one, metric_of(one, split))


def named(one: Mapping[str, Any], split: str) -> str:
    """Return the name of that metric, for an axis."""
    return metric_of(one, split).removeprefix(f"{split}_").replace("_", " ") or "score"


def number(value: Any) -> float | None:
    """Return a figure as a float, None if it is missing."""
    return None if value is None else float(value)


def render(section: Section, rung: Rung, diagnosis: Html | None = None) -> Html:
    """Return a stage's part of the page.

    Args:
        section: What the page says about the stage besides its verdict.
        rung: The stage as it lies on disk.
        diagnosis: What was tried on a failed gate, shown below the suspects.
    """
    state = status_of(rung)
    body: list[Child] = [_heading(rung, state), tag("p", section.proves, class_="proves")]
    if rung.verdict and rung.reach is Reach.JUDGED:
        body += [
            _deciding(rung),
            _waivers(rung),
            _symptom(rung),
            suspects(rung.suspects),
            diagnosis,
        ]
        drawn = [_figure(figure) for figure in section.figures(rung)]
        body += [tag("div", drawn, class_="figures") if drawn else None, checks(rung)]
        body.append(tag("p", tag("strong", "Next: "), rung.verdict.next, class_="then"))
    elif rung.reach is Reach.ERROR:
        body.append(tag("p", rung.error, class_="bad"))
    return tag("section", body, id=rung.stage, class_=f"stage {state.replace(' ', '-')}")


def status_of(rung: Rung) -> str:
    """Return a rung's status as one word."""
    judged = rung.verdict is not None and rung.reach is Reach.JUDGED
    return str(rung.verdict.status) if judged and rung.verdict else str(rung.reach)


def chip(state: str) -> Html:
    """Return a status with its symbol, coloured."""
    symbol = tag("span", SYMBOLS[state], aria_hidden="true")
    return tag("span", symbol, " ", state, class_=f"chip {state.replace(' ', '-')}")


def _heading(rung: Rung, state: str) -> Html:
    device = numbers(rung).get("device")
    facts = [show_seconds(rung.seconds)] if rung.seconds is not None else []
    facts += [f"on {device}"] if device else []
    meta = tag("span", ", ".join(facts), class_="meta")
    return tag("header", tag("h2", rung.stage), chip(state), meta)


def _deciding(rung: Rung) -> Html | None:
    check = rung.verdict.decider() if rung.verdict else None
    if check is None:
        return None
    number = tag("span", brief(show(check.value)), class_=f"number {check.status}")
    bound = tag("span", brief(show_bound(check.op, check.threshold)), class_="bound")
    name = tag("span", f"{check.id} {check.title}", class_="what")
    return tag("p", number, bound, name, class_="deciding")


def _waivers(rung: Rung) -> Html | None:
    if not rung.waived:
        return None
    items = [tag("li", tag("strong", check.id), f" {check.evidence}") for check in rung.waived]
    return tag("div", tag("strong", "Waived"), tag("ul", items), class_="waivers", role="note")


def _symptom(rung: Rung) -> Html | None:
    symptom = rung.verdict.symptom if rung.verdict else None
    if symptom is None:
        return None
    parts = [f"The curve {symptom.kind}" if symptom.kind else ""]
    if symptom.level is not None:
        parts.append(f"at {show(symptom.level)}")
    if symptom.onset_step is not None:
        parts.append(f"from step {symptom.onset_step}")
    note = f": {symptom.note}." if symptom.note else "."
    return tag("p", " ".join(parts) + note, class_="symptom")


def suspects(found: Sequence[Suspect]) -> Html | None:
    """Return ranked suspects with evidence and fix, None if there are none."""
    if not found:
        return None
    cards = [_suspect(rank, suspect) for rank, suspect in enumerate(found, start=1)]
    return tag("div", tag("h3", "Suspects"), tag("ol", cards, class_="suspects"))


def _suspect(rank: int, suspect: Suspect) -> Html:
    fault = FAULTS.get(suspect.fault)
    name = f" {fault.name}" if fault else ""
    score = tag("span", f"{suspect.score:.2f}", class_="score")
    where = tag("p", "Where: ", tag("code", suspect.where)) if suspect.where else None
    evidence = tag("ul", (tag("li", line) for line in suspect.evidence))
    fix = tag("p", tag("strong", "Fix: "), suspect.fix)
    share = f"--share: {suspect.score:.0%}"
    title = tag("h4", tag("b", suspect.fault), name, score, style=share)
    return tag("li", title, evidence, where, fix, class_="first" if rank == 1 else None)


def checks(rung: Rung) -> Html:
    """Return the table of all checks of a rung."""
    made = rung.verdict.checks if rung.verdict else ()
    head = ("Check", "Value", "Threshold", "Status", "Source")
    return table(head, (_check(check) for check in made), class_="checks")


def _check(check: Check) -> Html:
    evidence = tag("span", check.evidence, class_="evidence") if check.evidence else None
    name = [tag("b", check.id), f" {check.title}", evidence]
    bound = brief(show_bound(check.op, check.threshold))
    cells = [name, brief(show(check.value)), bound, chip(str(check.status)), check.source]
    return row(*cells, class_=str(check.status))


def brief(text: str) -> Child:
    """Return a digest or another long word cut short; the whole of it shows on hover."""
    if len(text) <= _LONGEST:
        return text
    return tag("span", f"{text[: _LONGEST - 1]}…", title=text)


def _figure(figure: Figure) -> Html:
    keys = [
        tag("li", tag("span", class_=f"key {look}", aria_hidden="true"), name)
        for name, look in figure.legend
    ]
    legend = tag("ul", keys, class_="legend") if keys else None
    caption = tag("figcaption", figure.caption)
    look = "wide" if figure.wide else None
    return tag("figure", figure.drawing, legend, caption, class_=look)


def pairs(value: Any) -> Mapping[str, Any]:
    """Return a mapping out of a verdict's figures, an empty one if it is absent."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}

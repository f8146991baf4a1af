"""What a diagnosis tried on a failed gate: every probe that spoke up, every part it swapped."""

from collections.abc import Mapping
from typing import Any

from startsimple.report.climb import Rung
from startsimple.report.html import Html, row, table, tag
from startsimple.report.section import number, pairs
from startsimple.report.values import show

_VERIFIED = {True: "restores learning", False: "did not restore learning"}


def tried(rung: Rung) -> Html | None:
    """Return the diagnosis of a rung, folded; None if none ran.

    Args:
        rung: A rung whose `diagnosis` holds checks, interventions, scores and suspects.
    """
    diagnosis = rung.diagnosis
    if not diagnosis:
        return None
    checks: list[Mapping[str, Any]] = diagnosis.get("checks") or []
    failed = [check for check in checks if check.get("status") == "fail"]
    told = (
        f"Diagnosis: {diagnosis.get('verdict', '?')}; {len(checks)} probes, {len(failed)} spoke up"
    )
    return tag(
        "details",
        tag("summary", told),
        tag("ul", (tag("li", _probe(check)) for check in failed)) if failed else None,
        _interventions(diagnosis),
        _fixes(diagnosis),
    )


def _probe(check: Mapping[str, Any]) -> str:
    return f"{check.get('title')}: {check.get('evidence') or check.get('value')}"


def _interventions(diagnosis: Mapping[str, Any]) -> Html | None:
    made: list[Mapping[str, Any]] = diagnosis.get("interventions") or []
    if not made:
        return None
    scores = pairs(diagnosis.get("scores"))
    observed, best = number(scores.get("observed")), number(scores.get("best"))
    note = f"Score of the program as it is {show(observed, 3)}, with everything swapped "
    rows = [
        row(
            one.get("name"),
            one.get("fault"),
            show(number(one.get("alone")), 3),
            show(number(one.get("without")), 3),
            show(number(one.get("belief")), 2),
        )
        for one in made
    ]
    head = ("Part swapped for a known-good one", "Fault", "Only this", "All but this", "Belief")
    return tag("div", tag("p", f"{note}{show(best, 3)}."), table(head, rows))


def _fixes(diagnosis: Mapping[str, Any]) -> Html | None:
    found: list[Mapping[str, Any]] = diagnosis.get("suspects") or []
    told = [
        tag("li", tag("b", one["fault"]), f": {_VERIFIED[one['fix_verified']]}")
        for one in found
        if one.get("fix_verified") in (True, False)
    ]
    return tag("div", tag("p", "The fixes, tried:"), tag("ul", told)) if told else None

"""The report: one self-contained page, the answer first and the evidence below it."""

from pathlib import Path

from startsimple.report.climb import Climb, Reach, Rung, load_climb
from startsimple.report.html import Child, Html, row, table, tag
from startsimple.report.provenance import provenance, trail
from startsimple.report.reviewers import reviewers
from startsimple.report.section import brief, chip, render, status_of, suspects
from startsimple.report.sections import section_of
from startsimple.report.style import CSS
from startsimple.report.tried import tried
from startsimple.report.values import show, show_bound, show_seconds
from startsimple.schema.canonical import write_bytes
from startsimple.schema.errors import UserError


def write_page(root: Path, run: str) -> Path:
    """Write results/<run>/report.html.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.

    Returns:
        Path of the page. Equal verdicts, curves and records give equal bytes.

    Raises:
        UserError: If the run does not exist or the page cannot be written.
    """
    folder = root / "results" / run
    if not folder.is_dir():
        raise UserError(f"No run is named '{run}' below {root / 'results'}: climb it first.")
    climb = load_climb(root, run)
    try:
        write_bytes(folder / "report.html", page(climb).encode())
    except OSError as error:
        raise UserError(
            f"Cannot write {folder / 'report.html'}: {error.strerror}. Make the folder writable "
            "and climb again; what is already proven is kept."
        ) from error
    return folder / "report.html"


def page(climb: Climb) -> str:
    """Return the whole page of a climb."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{climb.run}: {climb.headline()}"),
        tag("style", Html(CSS)),
    )
    shown = [rung for rung in climb.rungs if _has_section(rung)]
    main = tag(
        "main",
        _top(climb),
        [render(section_of(rung.stage), rung, tried(rung)) for rung in shown],
        _blind(climb),
        provenance(climb),
        trail(climb),
        reviewers(climb),
        tag("footer", "Written by startsimple from the verdicts and records beside this page."),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', main), lang='en')}\n"


def _top(climb: Climb) -> list[Child]:
    look = "climbed" if climb.climbed else "blocked" if climb.blocked or climb.broken else "open"
    blocked = climb.blocked
    return [
        tag("p", climb.run, class_="run"),
        tag("h1", climb.headline(), class_=f"h-{look}"),
        tag("div", tag("p", tag("strong", "Next: "), _next(climb)), class_="next"),
        _ladder(climb),
        suspects(blocked.suspects[:1]) if blocked else None,
    ]


def _next(climb: Climb) -> str:
    if climb.broken:
        return climb.broken.error
    last = climb.judged[-1] if climb.judged else None
    return last.verdict.next if last and last.verdict else "climb the first stage."


def _ladder(climb: Climb) -> Html:
    head = ("Stage", "Status", "Deciding check", "Value", "Threshold", "Time")
    return table(head, (_rung(rung) for rung in climb.rungs), class_="ladder")


def _rung(rung: Rung) -> Html:
    state = status_of(rung)
    name = tag("a", rung.stage, href=f"#{rung.stage}") if _has_section(rung) else rung.stage
    judged = rung.verdict if rung.reach is Reach.JUDGED else None
    check = judged.decider() if judged else None
    waived = tag("strong", f" {len(rung.waived)} waived", class_="bad") if rung.waived else None
    stale = "left from an earlier climb; it proves nothing now"
    cells: list[Child] = [stale if rung.reach is Reach.STALE else rung.error, "", "", ""]
    if check:
        told: Child = [tag("b", check.id), f" {check.title}", waived]
        bound = brief(show_bound(check.op, check.threshold))
        cells = [told, brief(show(check.value)), bound, show_seconds(rung.seconds)]
    return row(name, chip(state), *cells, class_=state.replace(" ", "-"))


def _has_section(rung: Rung) -> bool:
    return rung.reach in (Reach.JUDGED, Reach.ERROR)


def _blind(climb: Climb) -> Html:
    items = [
        tag("li", tag("b", rung.stage), f": {section_of(rung.stage).blind}")
        for rung in climb.rungs
        if section_of(rung.stage).blind
    ]
    return tag("section", tag("h2", "What these gates cannot see"), tag("ul", items), id="blind")

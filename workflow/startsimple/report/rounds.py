"""Rounds in the terminal, and their components stacked on a page of their own."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from startsimple.report.chart import Chart, Scale
from startsimple.report.html import Child, Html, row, table, tag
from startsimple.report.section import brief
from startsimple.report.style import CSS
from startsimple.report.values import NOTHING, show
from startsimple.rounds.compare import Comparison
from startsimple.rounds.history import Round
from startsimple.rounds.propose import NOT_NOW, READY, Proposal
from startsimple.rounds.run import Run
from startsimple.schema.canonical import write_bytes

# Colours of the stack, by component.
LOOKS = {
    "irreducible": "s5",
    "bias": "s0",
    "variance": "s1",
    "shift": "s2",
    "validation_overfitting": "s3",
}
_BAR = 30


def console() -> Console:
    """Return a console as wide as the terminal."""
    return Console(width=max(shutil.get_terminal_size((80, 24)).columns, 60), highlight=False)


def show_proposals(
    run: Run,
    route: str,
    fixes: Sequence[Proposal],
    steadying: Sequence[Proposal],
    best: int | None,
) -> None:
    """Print the fixes of the routed gap in the lecture's order, and how to accept one.

    Args:
        run: The run.
        route: What its gap stage answered.
        fixes: The route's fixes.
        steadying: What helps against instability; numbered on from the fixes.
        best: Number of the proposal to try first.
    """
    out = console()
    gap = run.numbers("gap")
    out.print(f"{run.name}: {route}. {gap.get('reason', '')}.")
    if fixes:
        out.print(_listed(fixes, 1, best))
    else:
        out.print("There is nothing to fix in this route.")
    if steadying:
        evidence = run.check("tune", "T-12").get("evidence", "").partition(";")[0]
        out.print(f"\nUnstable above its best learning rate (T-12): {evidence}.")
        out.print(_listed(steadying, len(fixes) + 1, best))
    if best is not None:
        out.print(f"\naccept   startsimple next {run.name} --accept {best}")


def _listed(proposals: Sequence[Proposal], first: int, best: int | None) -> Table:
    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name in ("", "N", "", "fix", "state", "expected"):
        shown.add_column(name, overflow="fold")
    for number, one in enumerate(proposals, start=first):
        shown.add_row(
            Text(">" if number == best else "", "bold green"),
            str(number),
            one.fix.letter,
            _fix(one),
            Text(_state(one), "green" if one.state == READY else "dim"),
            f"{one.predicted.show()} ({one.predicted.source})" if one.predicted else NOTHING,
        )
    return shown


def _fix(one: Proposal) -> str:
    sets = ", ".join(
        f"{key} = {show(value)}" for key, value in {**one.group, **one.changes}.items()
    )
    return f"{one.fix.fix}{f': {sets}' if sets else ''}"


def _state(one: Proposal) -> str:
    advice = "" if one.fix.recommended else "not recommended, "
    note = f": {one.note}" if one.note and one.state == NOT_NOW else ""
    told = f" ({one.note})" if one.note and not note else ""
    return f"{advice}{one.state}{note}{told}"


def show_comparison(first: str, second: str, found: Comparison) -> None:
    """Print what differs between two runs and which one is better, if that can be told."""
    out = console()
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("", f"A {first}", f"B {second}"):
        shown.add_column(name, overflow="fold")
    for key, one, other in found.config:
        shown.add_row(key, show(one), show(other))
    if not found.config:
        shown.add_row("config", "the same", "the same")
    for key, (one, other) in {**found.scores, **found.cost}.items():
        shown.add_row(Text(key, "dim"), show(one), show(other))
    out.print(shown)
    contest = found.contest
    if contest is None:
        out.print(f"\nNo winner: {found.missing}.")
        return
    churn = " and ".join(show(value, 3) for value in contest.churn)
    out.print(
        f"\nerror of B less that of A   {contest.examples.show()} over examples, "
        f"{contest.seeds.show()} over seeds\n"
        f"B is better with probability {contest.better:.2f}\n"
        f"changed predictions         {contest.changed:.3f} "
        f"(two seeds of A, and of B, differ by {churn})\n"
        f"{f'Winner: {contest.winner}' if contest.winner else 'No winner'}: {contest.reason}."
    )


def print_history(rounds: Sequence[Round]) -> None:
    """Print the rounds as a table, each with its error stacked by component."""
    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name in ("run", "change", "predicted", "observed", "val", "test", "route"):
        shown.add_column(name, overflow="fold", no_wrap=name in ("run", "route"), max_width=24)
    for one in rounds:
        shown.add_row(*_cells(one))
    out = console()
    out.print(shown)
    widest = max((_total(one) for one in rounds), default=0.0)
    out.print()
    for one in rounds:
        line = Text(f"{one.run[:24]:<24} ")
        for name, size in one.components.items():
            count = round(_BAR * max(size, 0.0) / widest) if widest > 0 else 0
            line.append(name[0].upper() * count, _TERMINAL[name])
        out.print(line)
    named = ", ".join(f"{name[0].upper()} {name.replace('_', ' ')}" for name in LOOKS)
    out.print(Text(f"error by component: {named}", "dim"))


_TERMINAL = {
    "irreducible": "dim",
    "bias": "blue",
    "variance": "yellow",
    "shift": "green",
    "validation_overfitting": "magenta",
}


def _cells(one: Round) -> list[str]:
    return [
        one.run,
        one.change or NOTHING,
        _predicted(one.predicted),
        _observed(one.observed),
        show(one.val_score, 3),
        show(one.test_score, 3),
        one.route or NOTHING,
    ]


def _predicted(told: Mapping[str, Any] | None) -> str:
    if not told:
        return NOTHING
    return f"{told['component'].replace('_', ' ')} {told['low']:+.3f} to {told['high']:+.3f}"


def _observed(seen: Mapping[str, Any] | None) -> str:
    if not seen:
        return NOTHING
    word = " surprise" if seen["surprise"] else ""
    return f"{seen['value']:+.3f} [{seen['low']:+.3f}, {seen['high']:+.3f}]{word}"


def _total(one: Round) -> float:
    return sum(max(size, 0.0) for size in one.components.values())


def stacked(rounds: Sequence[Round]) -> Html:
    """Return the chart of all rounds, components stacked; negative ones hang below zero."""
    sizes = [list(one.components.values()) for one in rounds]
    below = min((sum(min(v, 0.0) for v in one) for one in sizes), default=0.0)
    above = max((_total(one) for one in rounds), default=0.0) or 0.01
    chart = Chart(
        "Error by component, round by round",
        Scale(-0.6, len(rounds) - 0.4),
        Scale(min(below * 1.1, 0.0), above * 1.15),
        "",
        "error",
        {float(place): one.run for place, one in enumerate(rounds)},
    )
    for place, one in enumerate(rounds):
        high = low = 0.0
        for name, size in one.components.items():
            start = high if size >= 0 else low
            chart.bar(
                place - 0.3, place + 0.3, start, start + size, LOOKS[name], f"{name}: {size:+.4f}"
            )
            high, low = high + max(size, 0.0), low + min(size, 0.0)
        if one.components:
            chart.text(place, high, f"val {show(one.val_score, 3)}, test {show(one.test_score, 3)}")
    return chart.svg()


def write_history(root: Path, rounds: Sequence[Round]) -> Path:
    """Write results/<first round>.history.html: the rounds as a plot and a table.

    It lies beside the runs, whose folders are sealed.

    Args:
        root: The repository, which holds results/.
        rounds: A family's rounds.

    Returns:
        Path of the page; equal rounds give equal bytes.
    """
    legend: Child = [
        tag("li", tag("span", class_=f"key {look}", aria_hidden="true"), name.replace("_", " "))
        for name, look in LOOKS.items()
    ]
    head = ("Run", "Change", "Predicted", "Observed", "Validation", "Test", "Route")
    rows = [row(brief(one.run), *_cells(one)[1:]) for one in rounds]
    body = tag(
        "main",
        tag("h1", f"Rounds of {rounds[0].run}"),
        tag("figure", stacked(rounds), tag("ul", legend, class_="legend")),
        table(head, rows),
    )
    page = tag(
        "html",
        tag("head", tag("meta", charset="utf-8"), tag("title", "Rounds"), tag("style", Html(CSS))),
        tag("body", body),
        lang="en",
    )
    path = root / "results" / f"{rounds[0].run}.history.html"
    write_bytes(path, f"<!doctype html>\n{page}\n".encode())
    return path

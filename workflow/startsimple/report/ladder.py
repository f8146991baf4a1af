"""The ladder in the terminal: one line a stage, then what to do next."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from startsimple.report.climb import Climb, Reach, Rung, load_climb
from startsimple.report.values import NOTHING, shorten, show, show_bound, show_seconds
from startsimple.schema.verdict import Suspect

# A symbol besides each colour: the table reads the same without colours.
_LOOK: dict[str, tuple[str, str]] = {
    "pass": ("✓", "green"),
    "warn": ("!", "yellow"),
    "fail": ("✗", "bold red"),
    "inconclusive": ("?", "magenta"),
    "skip": ("-", "dim"),
    "not reached": ("·", "dim"),
    "stale": ("~", "dim"),
    "error": ("✗", "bold red"),
}
# Of equal width, so that columns stay aligned where the terminal has no Unicode.
_ASCII = {"✓": "+", "✗": "x", "·": ".", "≤ ": "<=", "≥ ": ">=", "≠ ": "!=", NOTHING: "-", "…": "."}
_NARROWEST_TITLE = 12
_SUSPECTS_SHOWN = 3


def print_ladder(root: Path, run: str, console: Console | None = None) -> None:
    """Print the ladder of a run, and below it what to do next.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.
        console: Where to print; standard output by default.
    """
    target = console or Console(width=max(shutil.get_terminal_size((80, 24)).columns, 60))
    ladder = ladder_table(root, run, width=target.width)
    if (target.encoding or "").lower().startswith("utf"):
        target.print(ladder)
        return
    with target.capture() as captured:
        target.print(ladder)
    text = captured.get()
    for symbol, plain in _ASCII.items():
        text = text.replace(symbol, plain)
    target.file.write(text.encode("ascii", "replace").decode())


def ladder_table(root: Path, run: str, *, width: int = 80) -> RenderableType:
    """Build the ladder of a run.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.
        width: Columns of the terminal; 80 are enough, more show longer titles.

    Returns:
        The table and the lines below it.
    """
    climb = load_climb(root, run)
    parts: list[RenderableType] = ["", _headline(climb), _table(climb, width), ""]
    parts += _next_action(climb)
    if climb.blocked:
        parts += _suspects(climb.blocked.suspects)
    parts += _waivers(climb)
    parts.append(_line("report", Text(climb.page.as_posix())))
    return Group(*parts)


def _headline(climb: Climb) -> Text:
    style = (
        "bold green" if climb.climbed else "bold red" if climb.blocked or climb.broken else "bold"
    )
    return Text.assemble((climb.run, "bold"), "  ", (climb.headline(), style))


def _table(climb: Climb, width: int) -> Table:
    """Build the table; whatever the other columns leave goes to the check's title."""
    rows = [_row(rung) for rung in climb.rungs]
    names = ("", "stage", "status", "deciding check", "value", "threshold", "time")
    widest = [
        max(len(name), *(len(row[column]) for row in rows)) for column, name in enumerate(names)
    ]
    free = width - len(names) + 1 - sum(widest) + widest[3]
    widest[3] = min(widest[3], max(free, _NARROWEST_TITLE))
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name, columns in zip(names, widest, strict=True):
        side = "right" if name in ("value", "time") else "left"
        table.add_column(name, justify=side, width=columns, no_wrap=True)
    for row in rows:
        row[3] = Text(shorten(row[3].plain, widest[3]), row[3].style)
        table.add_row(*row)
    return table


def _row(rung: Rung) -> list[Text]:
    verdict = rung.verdict if rung.reach is Reach.JUDGED else None
    status = str(verdict.status) if verdict else str(rung.reach)
    symbol, style = _LOOK[status]
    cells = [
        Text(symbol, style),
        Text(rung.stage, "" if verdict else "dim"),
        Text(status, style),
    ]
    check = verdict.decider() if verdict else None
    if check is None:
        note = "left from an earlier climb" if rung.reach is Reach.STALE else rung.error
        return [*cells, Text(note, "dim"), Text(), Text(), Text()]
    return [
        *cells,
        Text(f"{check.id} {check.title}"),
        Text(shorten(show(check.value, 3), 13), style if check.status.blocks else ""),
        Text(shorten(show_bound(check.op, check.threshold, 3), 13), "dim"),
        Text(show_seconds(rung.seconds), "dim"),
    ]


def _next_action(climb: Climb) -> list[RenderableType]:
    if climb.broken:
        return [_line("error", Text(climb.broken.error))]
    last = climb.judged[-1] if climb.judged else None
    return [_line("next", Text(last.verdict.next))] if last and last.verdict else []


def _suspects(suspects: Sequence[Suspect]) -> list[RenderableType]:
    if not suspects:
        return []
    table = Table.grid(padding=(0, 1, 0, 0))
    for columns in (8, 3, 4, None):
        table.add_column(width=columns)
    for rank, suspect in enumerate(suspects[:_SUSPECTS_SHOWN]):
        where = f" ({suspect.where})" if suspect.where else ""
        table.add_row(
            Text("suspects" if rank == 0 else "", "dim"),
            Text(suspect.fault, "bold red" if rank == 0 else "bold"),
            Text(f"{suspect.score:.2f}", "dim"),
            Text(suspect.fix + where),
        )
    return [table]


def _waivers(climb: Climb) -> list[RenderableType]:
    return [
        _line("waived", Text(f"{rung.stage} {check.id}: {check.evidence}", "bold red"))
        for rung in climb.judged
        for check in rung.waived
    ]


def _line(label: str, body: Text) -> RenderableType:
    """Lay out a labelled line whose continuation is indented below its body."""
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=8, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(label, "dim"), body)
    return row

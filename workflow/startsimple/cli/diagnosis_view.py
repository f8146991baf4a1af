"""Show a diagnosis: on the terminal at 80 columns, and as one self-contained page."""

from html import escape

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from startsimple.diagnosis.result import Diagnosis, RankedSuspect
from startsimple.schema.verdict import Status

WIDTH = 80
COLOURS = {"healthy": "green", "faulty": "red", "inconclusive": "yellow"}
HEADLINES = {
    "healthy": "healthy: nothing was found that keeps this program from learning",
    "faulty": "faulty",
    "inconclusive": "inconclusive: the program could not be judged",
}


def show(result: Diagnosis, console: Console | None = None) -> None:
    """Print what was tried, what was seen, the verdict and the suspects.

    Args:
        result: The diagnosis.
        console: Where to print; the terminal at 80 columns if None.
    """
    out = console or Console(width=WIDTH, highlight=False, soft_wrap=False)
    if result.interventions:
        out.print(_tried(result))
    seen = [c for c in result.checks if c.status in (Status.FAIL, Status.WARN)]
    passed = sum(c.status is Status.PASS for c in result.checks)
    if result.checks:
        out.print(f"{passed} of {len(result.checks)} checks passed.")
    for check in seen:
        out.print(Text(f"  {check.status}: {check.title}. {check.evidence}"))
    if result.scores:
        numbers = ", ".join(f"{name} {value:.2f}" for name, value in result.scores.items())
        out.print(f"Score (chance 0, perfect 1): {numbers}.")
    for note in result.notes:
        out.print(Text(f"Note: {note}"))
    colour = COLOURS[result.verdict]
    out.print(Text(HEADLINES[result.verdict], style=f"bold {colour}"))
    for place, suspect in enumerate(result.suspects, 1):
        out.print(_panel(place, suspect))
    out.print(f"{result.seconds:.0f} s")


def _tried(result: Diagnosis) -> Table:
    table = Table(title="What was swapped, and the score then", title_justify="left", width=WIDTH)
    table.add_column("swapped for a known-good part", ratio=1)
    table.add_column("points at")
    table.add_column("score", justify="right")
    table.add_column("explains", justify="right")
    for trial in result.interventions:
        alone = "" if trial.alone is None else f"{trial.alone:.2f}"
        table.add_row(trial.name, trial.fault, alone, f"{trial.belief:.0%}")
    return table


def _panel(place: int, suspect: RankedSuspect) -> Panel:
    lines = [*suspect.evidence]
    if suspect.where:
        lines.append(f"Where: {suspect.where}")
    lines.append(f"Fix: {suspect.fix}")
    lines.append(f"Fix verified: {_verified(suspect)}. Stage to catch it: {suspect.stage}.")
    title = f"{place}. {suspect.fault} {suspect.name} (score {suspect.score:.2f})"
    return Panel(Text("\n".join(lines)), title=title, title_align="left", width=WIDTH)


def _verified(suspect: RankedSuspect) -> str:
    words = {True: "yes", False: "no, it restores part of the score only"}
    return words.get(suspect.fix_verified, "not tried")  # pyright: ignore[reportCallIssue, reportArgumentType]


_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;
color:#1d2733;background:#fff}h1 small{font-weight:400}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #d8dee6}
.healthy{color:#17693a}.faulty{color:#a1260d}.inconclusive{color:#7a5b00}
section{border-left:4px solid #a1260d;padding:.1rem 1rem;margin:1rem 0}"""


def to_html(result: Diagnosis) -> str:
    """Return the diagnosis as one HTML page without outside references."""
    suspects = "".join(_section(place, s) for place, s in enumerate(result.suspects, 1))
    trials = "".join(
        f"<tr><td>{escape(t.name)}</td><td>{t.fault}</td>"
        f"<td>{'' if t.alone is None else f'{t.alone:.2f}'}</td><td>{t.belief:.0%}</td></tr>"
        for t in result.interventions
    )
    checks = "".join(
        f"<tr><td>{escape(c.title)}</td><td>{c.status}</td><td>{escape(c.evidence)}</td></tr>"
        for c in result.checks
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Diagnosis</title>'
        f"<style>{_STYLE}</style><h1>Diagnosis: <span class={result.verdict}>{result.verdict}"
        f"</span></h1>{suspects}<h2>What was swapped</h2><table><tr><th>known-good part</th>"
        f"<th>points at</th><th>score</th><th>explains</th></tr>{trials}</table>"
        f"<h2>What was looked at</h2><table>{checks}</table><ul>{notes}</ul></html>"
    )


def _section(place: int, suspect: RankedSuspect) -> str:
    evidence = "".join(f"<li>{escape(line)}</li>" for line in suspect.evidence)
    where = f"<p>Where: <code>{escape(suspect.where)}</code></p>" if suspect.where else ""
    return (
        f"<section><h2>{place}. {suspect.fault} {escape(suspect.name)} "
        f"<small>score {suspect.score:.2f}</small></h2><ul>{evidence}</ul>{where}"
        f"<p>Fix: {escape(suspect.fix)} Fix verified: {_verified(suspect)}.</p></section>"
    )

"""What an evaluation of the diagnosis found: rates, a table for people, a heat map."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NO_FAULT = "none"  # Row of the heat map that holds the correct programs.


@dataclass(frozen=True)
class Program:
    """One program with a known answer.

    Attributes:
        name: Unique name; a faulty one starts with its fault id.
        arguments: What `startsimple diagnose` is called with.
        files: Files whose content decides what is diagnosed.
        half: Column of the table: "visible", "held out" or "scripts".
        groups: One group of acceptable fault ids for each fault in it; empty if it is correct.
        stages: Stages that ought to catch it; empty if unknown.
    """

    name: str
    arguments: tuple[str, ...]
    files: tuple[Path, ...]
    half: str
    groups: tuple[frozenset[str], ...] = ()
    stages: frozenset[str] = frozenset()

    @property
    def fault(self) -> str:
        """The row of the table that it belongs to."""
        if not self.groups:
            return NO_FAULT
        return "scripts" if self.half == "scripts" else self.name.split("_")[0]


@dataclass(frozen=True)
class Outcome:
    """What one diagnosis said.

    Attributes:
        verdict: "healthy", "faulty", "inconclusive", or "none" if no answer came.
        suspects: Fault id, stage and fix_verified of each suspect, best first.
        failed: Ids of the checks and interventions that spoke against the program.
        seconds: Wall time of the whole command.
        note: Why no answer came.
    """

    verdict: str
    suspects: tuple[Mapping[str, Any], ...] = ()
    failed: tuple[str, ...] = ()
    seconds: float = 0.0
    note: str = ""


Pair = tuple[Program, Outcome]


def named(program: Program, outcome: Outcome, within: int) -> bool:
    """Tell whether the first suspects name the fault.

    Args:
        program: A faulty program.
        outcome: What was said about it.
        within: How many suspects count. With one, any of several faults is right; with more,
            each of them must be named.

    Returns:
        True if they do.
    """
    said = [str(suspect.get("fault", "")) for suspect in outcome.suspects[:within]]
    if within == 1:
        return bool(said) and any(said[0] in group for group in program.groups)
    return all(any(fault in group for fault in said) for group in program.groups)


def right_stage(program: Program, outcome: Outcome) -> bool:
    """Tell whether the first suspect blames a stage that ought to have caught the fault."""
    return bool(outcome.suspects) and outcome.suspects[0].get("stage") in program.stages


def fixed(program: Program, outcome: Outcome) -> bool:
    """Tell whether a suspect that names the fault had its fix tried with success."""
    right = frozenset[str]().union(*program.groups)
    return any(s.get("fix_verified") is True and s.get("fault") in right for s in outcome.suspects)


@dataclass(frozen=True)
class Share:
    """A number of programs out of all that could count."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share between 0 and 1; NaN of nothing."""
        return self.count / self.total if self.total else float("nan")

    def __str__(self) -> str:
        """Return "count/total (percent)", or a dash of nothing."""
        return f"{self.count}/{self.total} ({self.value:.1%})" if self.total else "-"


def _share(pairs: Sequence[Pair], holds: Callable[[Program, Outcome], bool]) -> Share:
    return Share(sum(holds(program, outcome) for program, outcome in pairs), len(pairs))


def shares(pairs: Iterable[Pair]) -> dict[str, Share]:
    """Compute every rate that the bar is set for.

    Args:
        pairs: Programs with their outcomes.

    Returns:
        Shares by name. All but "false alarms" are taken over the faulty programs, and "stage right"
        over those whose stage is known.
    """
    everything = list(pairs)
    faulty = [pair for pair in everything if pair[0].groups]
    correct = [pair for pair in everything if not pair[0].groups]
    return {
        "detected": _share(faulty, lambda _, outcome: outcome.verdict == "faulty"),
        "false alarms": _share(correct, lambda _, outcome: outcome.verdict == "faulty"),
        "first suspect right": _share(faulty, lambda p, o: named(p, o, 1)),
        "right within three": _share(faulty, lambda p, o: named(p, o, 3)),
        "stage right": _share([pair for pair in faulty if pair[0].stages], right_stage),
        "fix verified": _share(faulty, fixed),
    }


BAR = {
    "detected": ">= 98 %",
    "false alarms": "<= 2 %",
    "first suspect right": ">= 80 %",
    "right within three": ">= 92 %",
    "stage right": ">= 85 %",
    "fix verified": ">= 70 %",
    "median seconds": "<= 60",
    "longest seconds": "<= 180",
}
HALVES = ("visible", "held out", "scripts")


def _column(pairs: Sequence[Pair]) -> list[str]:
    seconds = [outcome.seconds for _, outcome in pairs]
    return [
        *map(str, shares(pairs).values()),
        f"{statistics.median(seconds):.0f}" if seconds else "-",
        f"{max(seconds):.0f}" if seconds else "-",
    ]


def _rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines] + [""]


def _by_fault(pairs: Sequence[Pair], half: str) -> dict[str, list[Pair]]:
    grouped: dict[str, list[Pair]] = {}
    for program, outcome in pairs:
        if program.groups and program.half == half:
            grouped.setdefault(program.fault, []).append((program, outcome))
    return grouped


def _fault_cell(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return "-"
    rates = shares(pairs)
    if not rates["detected"].count:
        return "blind"
    names = ("detected", "first suspect right", "right within three")
    return " · ".join(f"{rates[name].count}/{rates[name].total}" for name in names)


def _misses(pairs: Sequence[Pair]) -> list[str]:
    lines: list[str] = []
    for program, outcome in pairs:
        wrong = (
            outcome.verdict == "faulty" if not program.groups else not named(program, outcome, 3)
        )
        if wrong:
            said = ", ".join(str(s.get("fault")) for s in outcome.suspects[:3]) or "no suspect"
            lines.append(f"- `{program.name}`: {outcome.verdict}, {said}. {outcome.note}".rstrip())
    return lines


def table(pairs: Sequence[Pair], *, details: bool = True) -> str:
    """Write the evaluation as Markdown.

    Args:
        pairs: Programs with their outcomes.
        details: Whether single faults and programs are told apart.

    Returns:
        Rates of each half side by side, then what each fault gave, then the misses.
    """
    halves = [half for half in HALVES if any(program.half == half for program, _ in pairs)]
    columns = [_column([pair for pair in pairs if pair[0].half == half]) for half in halves]
    faulty = sum(bool(program.groups) for program, _ in pairs)
    counted = f"{faulty} faulty and {len(pairs) - faulty} correct programs were diagnosed."
    lines = ["# What the diagnosis finds", "", counted, ""]
    lines += _rows(["", *halves, "bar"], zip(BAR, *columns, BAR.values(), strict=True))
    if not details:
        return "\n".join(lines)
    grouped = [_by_fault(pairs, half) for half in halves]
    faults = sorted({fault for group in grouped for fault in group})
    lines += ["Detected · first suspect right · right within three, by fault:", ""]
    cells = [[fault, *(_fault_cell(g.get(fault, [])) for g in grouped)] for fault in faults]
    lines += _rows(["fault", *halves], cells)
    misses = _misses(pairs)
    return "\n".join([*lines, "Missed, misnamed or alarmed without cause:", "", *misses, ""])


def heat_map(pairs: Sequence[Pair], path: Path) -> None:
    """Draw which checks and interventions spoke up on which fault.

    Args:
        pairs: Programs with their outcomes.
        path: Picture to write; its folder is made.
    """
    from matplotlib.figure import Figure

    checks = sorted({check for _, outcome in pairs for check in outcome.failed})
    faults = sorted({program.fault for program, _ in pairs})
    counts = {fault: sum(program.fault == fault for program, _ in pairs) for fault in faults}
    share = [[0.0] * max(len(checks), 1) for _ in faults]
    for program, outcome in pairs:
        for check in set(outcome.failed):
            share[faults.index(program.fault)][checks.index(check)] += 1 / counts[program.fault]
    figure: Any = Figure(
        figsize=(2 + 0.28 * len(checks), 2 + 0.2 * len(faults)), layout="constrained"
    )
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(checks)), checks, rotation=90, fontsize=7)
    axes.set_yticks(range(len(faults)), faults, fontsize=7)
    axes.set_xlabel("check or intervention")
    axes.set_ylabel("fault")
    figure.colorbar(image, label="share of programs on which it spoke up")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})

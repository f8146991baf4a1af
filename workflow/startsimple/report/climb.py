"""A run as it lies on disk: which rungs were reached, and what each said."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import read_json
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Check, Suspect, Verdict, read_verdict

# Score from which a gate's suspect is what its failed check measured, not what it guesses.
_MEASURED = 0.9


class Reach(StrEnum):
    """Where a rung stands in the climb; at ERROR the stage ended before it could judge."""

    JUDGED = "judged"
    NOT_REACHED = "not reached"
    STALE = "stale"
    ERROR = "error"


@dataclass(frozen=True)
class Rung:
    """One stage of one run.

    Attributes:
        stage: Name of the stage.
        reach: Judged in this climb, not reached, ended by an error, or left over from an
            earlier climb.
        folder: The stage's folder of artefacts.
        verdict: Its verdict, if there is one.
        suspects: Ranked suspects of the gate and of its diagnosis, see `merged`.
        diagnosis: The whole diagnosis, empty if it did not run.
        seconds: Duration of the last finished attempt, None if unknown.
        attempts: All attempts' records, oldest first.
        error: Why the stage could not judge, if it could not.
    """

    stage: str
    reach: Reach
    folder: Path
    verdict: Verdict | None = None
    suspects: Sequence[Suspect] = ()
    diagnosis: dict[str, Any] = field(default_factory=dict[str, Any])
    seconds: float | None = None
    attempts: Sequence[dict[str, Any]] = ()
    error: str = ""

    @property
    def waived(self) -> list[Check]:
        """Checks that would block had nobody waived them."""
        checks = self.verdict.checks if self.verdict else ()
        return [check for check in checks if check.evidence.startswith("waived (")]


@dataclass(frozen=True)
class Climb:
    """All rungs of one run, from the bottom up."""

    run: str
    root: Path
    rungs: Sequence[Rung]

    @property
    def judged(self) -> list[Rung]:
        """The rungs that this climb reached."""
        return [rung for rung in self.rungs if rung.reach is Reach.JUDGED]

    @property
    def blocked(self) -> Rung | None:
        """The rung at which the climb stopped, None if it did not."""
        last = self.judged[-1] if self.judged else None
        return last if last and last.verdict and last.verdict.status.blocks else None

    @property
    def broken(self) -> Rung | None:
        """The rung whose stage ended before it could judge, None if there is none."""
        return next((rung for rung in self.rungs if rung.reach is Reach.ERROR), None)

    @property
    def climbed(self) -> bool:
        """True if every stage was judged and none blocks."""
        return len(self.judged) == len(self.rungs) and self.blocked is None

    @property
    def page(self) -> Path:
        """Path of the run's report, relative to the repository."""
        return Path("results") / self.run / "report.html"

    def headline(self) -> str:
        """Return the answer in one sentence."""
        if self.climbed:
            warned = sum(str(rung.verdict.status) == "warn" for rung in self.rungs if rung.verdict)
            kind = "a warning" if warned == 1 else "warnings"
            note = f", {warned} with {kind}" if warned else ""
            return f"Climbed: all {len(self.rungs)} stages are proven{note}."
        if self.broken:
            return f"Stopped at {self.broken.stage}, which could not judge."
        if self.blocked and self.blocked.verdict:
            word = "blocked" if self.blocked.verdict.status == "fail" else "undecided"
            return f"{word.capitalize()} at {self.blocked.stage}."
        reached = self.judged[-1].stage if self.judged else None
        return f"Under way: {reached} is the last stage judged." if reached else "Not started."


def load_climb(root: Path, run: str) -> Climb:
    """Read a run from disk.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.

    Returns:
        The climb; stages without a verdict are "not reached", verdicts above a block "stale".
    """
    rungs: list[Rung] = []
    open_above = True
    for stage in LADDER:
        rung = _load_rung(root / "results" / run, stage)
        if rung.verdict is None:
            broken = open_above and rung.reach is Reach.ERROR
            rung = rung if broken else replace(rung, reach=Reach.NOT_REACHED)
            open_above = False
        elif not open_above:
            rung = replace(rung, reach=Reach.STALE)
        elif rung.verdict.status.blocks:
            open_above = False
        rungs.append(rung)
    return Climb(run, root, rungs)


def _load_rung(results: Path, stage: str) -> Rung:
    folder = results / stage
    records: list[dict[str, Any]] = sorted(
        (
            read_json(path)
            for path in (results / "audit" / stage).glob("attempt-[0-9]*.json")
            if ".open." not in path.name
        ),
        key=lambda record: record["attempt"],
    )
    finished = [record for record in records if record["status"] == "finished"]
    if not (folder / "verdict.json").exists():
        if records and records[-1]["status"] != "finished":
            return Rung(stage, Reach.ERROR, folder, attempts=records, error=records[-1]["error"])
        return Rung(stage, Reach.NOT_REACHED, folder, attempts=records)
    verdict = read_verdict(folder / "verdict.json")
    path = folder / "diagnosis.json"
    diagnosis: dict[str, Any] = read_json(path) if path.exists() and verdict.status.blocks else {}
    found = [suspect_of(item) for item in diagnosis.get("suspects", [])]
    return Rung(
        stage,
        Reach.JUDGED,
        folder,
        verdict,
        suspects=merged(verdict.suspects, found),
        diagnosis=diagnosis,
        seconds=finished[-1]["time"]["seconds"] if finished else None,
        attempts=records,
    )


def merged(own: Sequence[Suspect], found: Sequence[Suspect]) -> list[Suspect]:
    """Rank the suspects of a failed gate and of its diagnosis as one list.

    What the gate measured itself explains the block, so it stays first; then come the
    diagnosis's suspects, which were tested by intervention, then the gate's guesses.

    Args:
        own: The gate's suspects, best first.
        found: The diagnosis's suspects, best first.

    Returns:
        Each fault once, with the diagnosis's evidence where it has some.
    """
    tested = {suspect.fault: suspect for suspect in found}
    sure = [tested.get(s.fault, s) for s in own if s.score >= _MEASURED]
    ranked: dict[str, Suspect] = {}
    for suspect in (*sure, *found, *own):
        ranked.setdefault(suspect.fault, suspect)
    return list(ranked.values())


def suspect_of(item: dict[str, Any]) -> Suspect:
    """Read a suspect of a diagnosis, whose further keys only the page shows."""
    return Suspect(
        fault=item["fault"],
        score=float(item["score"]),
        evidence=list(item.get("evidence", [])),
        fix=item.get("fix", ""),
        where=item.get("where") or "",
        stage=item.get("stage") or "",
    )

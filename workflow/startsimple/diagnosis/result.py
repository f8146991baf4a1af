"""The answer of a diagnosis, and its JSON form."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from startsimple.diagnosis.experiment import Trial
from startsimple.diagnosis.faults import FAULTS
from startsimple.schema.verdict import Check

SCHEMA = "startsimple.diagnosis/1"
EXIT = {"healthy": 0, "faulty": 1, "inconclusive": 2}


@dataclass(frozen=True)
class RankedSuspect:
    """One suspect as people and programs read it.

    Attributes:
        fault: Fault id.
        score: Belief between 0 and 1.
        evidence: Sentences with numbers.
        where: Place, or "".
        fix: What to change.
        stage: Stage of the ladder that ought to have caught it.
        fix_verified: Whether the fix was applied to a copy and restored the score, or "not tried".
    """

    fault: str
    score: float
    evidence: Sequence[str]
    where: str
    fix: str
    stage: str
    fix_verified: bool | str

    @property
    def name(self) -> str:
        """The fault in a few words."""
        return FAULTS[self.fault].name


@dataclass(frozen=True)
class Diagnosis:
    """The answer: a verdict, ranked suspects, and what was tried.

    Attributes:
        verdict: "healthy", "faulty" or "inconclusive".
        suspects: At most three, best first; empty for a healthy program.
        checks: Every detector's answer.
        interventions: Every intervention tried.
        notes: What could not be captured or done.
        scores: Observed, replayed and best score.
        seconds: Wall time.
    """

    verdict: str
    suspects: Sequence[RankedSuspect]
    checks: Sequence[Check]
    interventions: Sequence[Trial]
    notes: Sequence[str] = ()
    scores: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        """0 healthy, 1 faulty, 2 inconclusive."""
        return EXIT[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Return the document that `--json` writes."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "suspects": [{**asdict(s), "name": s.name} for s in self.suspects],
            "checks": [asdict(check) for check in self.checks],
            "interventions": [asdict(trial) for trial in self.interventions],
            "notes": list(self.notes),
            "scores": self.scores,
            "seconds": round(self.seconds, 2),
        }

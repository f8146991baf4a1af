"""What a gate says: checks, symptom, suspects and the next action."""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import read_json, write_json

SCHEMA = "startsimple.verdict/1"


class Status(StrEnum):
    """The five answers a check or a stage can give; only FAIL and INCONCLUSIVE block."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    SKIP = "skip"

    @property
    def blocks(self) -> bool:
        """True if the ladder stops at a stage with this status."""
        return self in (Status.FAIL, Status.INCONCLUSIVE)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda value, bounds: bounds[0] <= value <= bounds[1],
}

# From worst to best: a stage is as good as its worst check.
SEVERITY = (Status.FAIL, Status.INCONCLUSIVE, Status.WARN, Status.PASS, Status.SKIP)


@dataclass(frozen=True)
class Check:
    """One measured fact held against one threshold.

    Attributes:
        id: Check id of the method, such as "R-03".
        title: What was checked, in a few words.
        status: The judgement.
        value: What was measured (number, string or None).
        op: How value is compared with threshold: a key of OPERATORS.
        threshold: The bound; a pair for "in".
        source: Where the threshold comes from.
        evidence: One sentence with the numbers, for people.
    """

    id: str
    title: str
    status: Status
    value: Any = None
    op: str = "=="
    threshold: Any = None
    source: str = ""
    evidence: str = ""

    def waived(self, reason: str) -> "Check":
        """Return this check with a blocking status turned into a warning that says why."""
        if not self.status.blocks:
            return self
        note = f"waived ({reason}); was {self.status}. {self.evidence}"
        return replace(self, status=Status.WARN, evidence=note)


def judge(
    id: str,
    title: str,
    value: Any,
    op: str,
    threshold: Any,
    *,
    source: str,
    evidence: str = "",
    otherwise: Status = Status.FAIL,
) -> Check:
    """Compare a measured value with its threshold; NaN and None never pass.

    Args:
        id: Check id of the method.
        title: What was checked, in a few words.
        value: What was measured.
        op: A key of OPERATORS.
        threshold: The bound; a (low, high) pair for "in".
        source: Where the threshold comes from.
        evidence: One sentence with the numbers.
        otherwise: The status when the comparison does not hold.

    Returns:
        The judged check.
    """
    undefined = value is None or (isinstance(value, float) and math.isnan(value))
    held = not undefined and OPERATORS[op](value, threshold)
    return Check(
        id, title, Status.PASS if held else otherwise, value, op, threshold, source, evidence
    )


@dataclass(frozen=True)
class Symptom:
    """How a training curve misbehaves: kind, first step where it shows, level, note."""

    kind: str
    onset_step: int | None = None
    level: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Suspect:
    """A fault that may explain what was seen.

    Attributes:
        fault: Fault id, such as "M04".
        score: Belief between 0 and 1.
        evidence: One or two sentences with numbers.
        fix: What to change.
        where: Layer, parameter, or file and line, where known.
        stage: The stage that ought to have caught it.
    """

    fault: str
    score: float
    evidence: Sequence[str]
    fix: str
    where: str = ""
    stage: str = ""


@dataclass(frozen=True)
class Verdict:
    """The answer of one stage, written as verdict.json; it holds no timestamp.

    Attributes:
        run: Name of the run.
        stage: Name of the stage.
        status: Worst status among the checks.
        checks: All checks, in the order in which they were made.
        deciding: Id of the check that the ladder shows for the stage.
        symptom: How a curve misbehaves, if one does.
        suspects: Ranked suspects of a failure.
        next: One sentence: what to do now.
        inputs: Digests of config, data, code and env.
        outputs: SHA-256 of every artefact that later stages read, by file name.
        numbers: Measured figures that later stages and the report need.
    """

    run: str
    stage: str
    status: Status
    checks: Sequence[Check]
    next: str
    deciding: str = ""
    symptom: Symptom | None = None
    suspects: Sequence[Suspect] = ()
    inputs: dict[str, str] = field(default_factory=dict[str, str])
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    numbers: dict[str, Any] = field(default_factory=dict[str, Any])

    def decider(self) -> Check | None:
        """Return the check to show: the worst blocking one, else the declared one."""
        blocking = [check for check in self.checks if check.status is self.status]
        if self.status.blocks and blocking:
            return blocking[0]
        named = [check for check in self.checks if check.id == self.deciding]
        return named[0] if named else (self.checks[0] if self.checks else None)

    def write(self, path: Path) -> None:
        """Write the verdict as canonical JSON."""
        write_json(path, {"schema": SCHEMA, **asdict(self)})


def worst(checks: Sequence[Check]) -> Status:
    """Return the most severe status among checks; INCONCLUSIVE if nothing was checked."""
    statuses = {check.status for check in checks}
    if not statuses - {Status.SKIP}:
        return Status.INCONCLUSIVE
    return next(status for status in SEVERITY if status in statuses)


def read_verdict(path: Path) -> Verdict:
    """Read a verdict.json.

    Args:
        path: File written by `Verdict.write`.

    Returns:
        The verdict.

    Raises:
        ValueError: If the file has another schema.
    """
    raw = read_json(path)
    if raw.pop("schema", None) != SCHEMA:
        raise ValueError(f"{path} is not a {SCHEMA} file; rerun the stage that writes it")
    raw["status"] = Status(raw["status"])
    raw["checks"] = [Check(**{**item, "status": Status(item["status"])}) for item in raw["checks"]]
    raw["suspects"] = [Suspect(**item) for item in raw["suspects"]]
    raw["symptom"] = Symptom(**raw["symptom"]) if raw["symptom"] else None
    return Verdict(**raw)

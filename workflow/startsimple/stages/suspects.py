"""Suspects with their names and fixes from the taxonomy of faults."""

from collections.abc import Mapping, Sequence

from startsimple.diagnosis.faults import FAULTS
from startsimple.schema.verdict import Check, Suspect


def suspect(fault: str, score: float, evidence: Sequence[str], where: str = "") -> Suspect:
    """Return a suspect with the taxonomy's fix and stage.

    Args:
        fault: Fault id, such as "M04".
        score: Belief between 0 and 1.
        evidence: One or two sentences with numbers.
        where: Layer, parameter, or file and line, where known.

    Returns:
        The suspect.
    """
    entry = FAULTS[fault]
    return Suspect(fault, score, [line for line in evidence if line], entry.fix, where, entry.stage)


def accused_by(checks: Sequence[Check], table: Mapping[str, tuple[str, float]]) -> list[Suspect]:
    """Return the suspects that blocking checks point at, the most likely first.

    Args:
        checks: All checks of a stage.
        table: Fault id and belief by check id.
    """
    failed = [check for check in checks if check.status.blocks and check.id in table]
    suspects = [suspect(*table[check.id], [f"{check.id}: {check.evidence}"]) for check in failed]
    return sorted(suspects, key=lambda item: -item.score)

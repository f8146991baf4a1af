"""Suspects with their names and fixes from the taxonomy of faults."""

from collections.abc import Sequence

from startsimple.diagnosis.faults import FAULTS
from startsimple.schema.verdict import Suspect


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

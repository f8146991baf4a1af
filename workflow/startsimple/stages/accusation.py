"""Which faults a failed probe points at, and how strongly (taxonomy of faults)."""

import math
from collections.abc import Sequence
from typing import Any

from startsimple.probes import dry_run, learning_parameters, loss_contract
from startsimple.schema.verdict import Check, Status, Suspect
from startsimple.stages.suspects import suspect

Accused = tuple[tuple[str, float], ...]

# A probe of one cause is nearly certain of it; a probe of an effect names what often causes it.
_BY_CHECK: dict[str, Accused] = {
    "R-04": (("O06", 0.95),),
    "R-05": (("O04", 0.95),),
    "R-06": (("O08", 0.95),),
    "R-07": (("O08", 0.6), ("M11", 0.4)),
    "P-04": (("M07", 0.95),),
    "P-05": (("M11", 0.8),),
    "P-07": (("M12", 0.7), ("O01", 0.3), ("D08", 0.2)),
    "P-08": (("D08", 0.3), ("O02", 0.3)),
    "P-12": (("O16", 0.95),),
    "P-21": (("O17", 0.95),),
}

_BY_VALUE: dict[tuple[str, str], Accused] = {
    ("R-01", dry_run.RAISES): (("M18", 0.7), ("D18", 0.4)),
    ("R-01", dry_run.OTHER): (("M16", 0.8),),
    ("R-03", learning_parameters.WITHOUT): (("M23", 0.6), ("M16", 0.5)),
    ("R-03", learning_parameters.BROKEN): (("M09", 0.5),),
    ("R-03", learning_parameters.STILL): (("O06", 0.7), ("O05", 0.5)),
    ("R-03", learning_parameters.FROZEN): (("O06", 0.9),),
    ("R-03", learning_parameters.FROZEN_MOVED): (("O06", 0.7),),
    ("R-10", loss_contract.PROBABILITIES): (("M04", 0.95),),
    ("R-10", loss_contract.OVER_BATCH): (("M11", 0.95),),
    ("R-10", loss_contract.BROADCAST): (("M10", 0.95),),
}


def accuse(checks: Sequence[Check]) -> list[Suspect]:
    """Rank the faults that failed checks point at.

    Args:
        checks: The probes' checks, in the order in which they were made.

    Returns:
        Suspects, the most likely first, each with the evidence of every check that points at
        it. A NaN explains whatever fails after it, so that it is accused alone.
    """
    failed = [check for check in checks if check.status is Status.FAIL]
    numbers = [check for check in failed if check.id == "R-08"]
    scores: dict[str, float] = {}
    evidence: dict[str, list[str]] = {}
    for check in numbers or failed:
        for fault, score in _accused(check):
            scores[fault] = max(score, scores.get(fault, 0.0))
            evidence.setdefault(fault, []).append(f"{check.id}: {check.evidence}")
    # Sorting is stable: equal scores stay in the order of the checks.
    ranked = sorted(scores, key=lambda fault: -scores[fault])
    return [suspect(fault, scores[fault], evidence[fault]) for fault in ranked]


def _accused(check: Check) -> Accused:
    if check.id == "R-08":
        return _not_finite(str(check.value))
    if check.id == "P-01":
        return _initial_loss(check.value)
    if check.id == "P-09":
        # No number means that no gradient reached any input.
        undefined = check.value is None or math.isnan(float(check.value))
        return (("M12", 0.95),) if undefined else (("M11", 0.95),)
    if check.id == "M-12":
        return (("M13", 0.95),) if check.value is None else (("M14", 0.95),)
    if check.id == "R-10" and (check.id, str(check.value)) not in _BY_VALUE:
        return (("M05", 0.95),)
    return _BY_VALUE.get((check.id, str(check.value)), _BY_CHECK.get(check.id, ()))


def _not_finite(place: str) -> Accused:
    if place == "the inputs":
        return (("D04", 0.95),)
    return (("M14", 0.6), ("M09", 0.4)) if place.startswith("parameter") else (("M09", 0.8),)


def _initial_loss(loss: Any) -> Accused:
    if isinstance(loss, float) and loss < 0:
        return (("M08", 0.95),)
    return (("M14", 0.6), ("D01", 0.4))

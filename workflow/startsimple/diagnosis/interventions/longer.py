"""More steps: restores programs that stop too early."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

FACTOR = 8.0
FEW_STEPS = 100


def applies(case: Case) -> bool:
    """Say whether the program made few steps (by its own choice)."""
    declared = case.trace.facts.get("loaders") is None or case.trace.facts.get("declared", False)
    by_itself = declared and not case.trace.ended_early
    return by_itself and 0 < len(case.trace.steps) < FEW_STEPS


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name training that is too short."""
    steps = len(case.trace.steps)
    return Attribution("O14", "", f"{steps} steps; {steps * FACTOR:.0f} were tried", 1.05)


INTERVENTION = Intervention(
    "trained longer", [{"longer": FACTOR}], attribute, FACTOR, applies, good=True
)

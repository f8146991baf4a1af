"""Regression targets standardised: restores programs whose targets are off scale."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

# Outputs that start near zero have far to go to targets of this size.
FAR_OFF = 100.0


def applies(case: Case) -> bool:
    """Say whether the program predicts values and its targets are known."""
    return case.program.task.kind == "regression" and case.lab.goal[0] is not None


def far_off(case: Case) -> bool:
    """Say whether targets lie so far from zero that outputs take long to reach them."""
    return applies(case) and max(_scale(case)) > FAR_OFF


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name unscaled targets; less likely where they have unit scale already."""
    centre, spread = _scale(case)
    normal = centre < 3 and 0.2 < spread < 5
    note = f"targets have mean {centre:.3g} and standard deviation {spread:.3g}"
    weight = 0.3 if normal else (0.7 if case.diverged else 1.1)
    return Attribution("D03", "targets", note, weight, trait=far_off(case))


def _scale(case: Case) -> tuple[float, float]:
    """Return the largest mean and spread of the targets' columns."""
    mean, std = case.lab.goal
    return float(mean.abs().max()), float(std.max())


INTERVENTION = Intervention(
    "targets standardised", [{"targets": True}], attribute, 1.0, applies, good=True
)

"""The negated loss: restores programs that climb instead of descend."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

FALLEN = 0.9


def applies(case: Case) -> bool:
    """Say whether the loss is negative, or falls although nothing is learnt by it."""
    losses = case.trace.losses
    if not losses or case.observed.score > 0:
        return bool(losses) and (losses[-1] < 0 or losses[0] < 0)
    return losses[-1] < 0 or losses[-1] < FALLEN * losses[0]


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the flipped sign."""
    first, last = case.trace.losses[0], case.trace.losses[-1]
    where = case.first.calls[-1].where if case.first.calls else ""
    return Attribution("M08", where, f"the loss went from {first:.3g} to {last:.3g}", 1.3)


INTERVENTION = Intervention("loss negated", [{"negate": True}], attribute, 1.0, applies)

"""The loss averaged over the batch: restores programs that sum it."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.order import loss_growth

# P-04: a summed loss doubles when the batch is doubled.
DOUBLED = (1.8, 2.2)


def applies(case: Case) -> bool:
    """Say whether doubling the batch doubles the loss."""
    growth = loss_growth(case)
    return growth is not None and DOUBLED[0] <= growth <= DOUBLED[1]


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the summed loss."""
    where = case.first.calls[-1].where if case.first.calls else ""
    growth = loss_growth(case)
    return Attribution("M07", where, f"twice the rows give {growth:.2f} times the loss", 1.2)


INTERVENTION = Intervention(
    "loss averaged over the batch", [{"mean": True}], attribute, 1.0, applies
)

"""Every parameter trained: restores programs whose optimiser holds only some of them."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention


def left_out(case: Case) -> list[str]:
    """Return the names of the parameters that no optimiser will change."""
    held = case.optimised()
    named = case.program.model.named_parameters()
    return [name for name, p in named if not p.requires_grad or name not in held]


def applies(case: Case) -> bool:
    """Say whether some parameters stay as they are."""
    return bool(left_out(case))


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the parameters that are left out."""
    names = left_out(case)
    return Attribution("O06", names[0], f"{len(names)} parameter tensors are never updated", 1.1)


INTERVENTION = Intervention(
    "every parameter trained", [{"all_parameters": True}], attribute, 1.0, applies, good=True
)

"""Normalisation layers left out: restores programs that these layers harm."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.surgery import NORMALISING


def layers(case: Case) -> list[str]:
    """Return the names of the normalisation layers."""
    return [n for n, m in case.program.model.named_modules() if isinstance(m, NORMALISING)]


def applies(case: Case) -> bool:
    """Say whether there is a normalisation layer."""
    return bool(layers(case))


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the normalisation."""
    names = layers(case)
    return Attribution("M20", names[0], f"{len(names)} normalisation layers", 0.9)


INTERVENTION = Intervention(
    "normalisation layers left out", [{"no_norm": True}], attribute, 1.0, applies
)

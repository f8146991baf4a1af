"""A bias in every layer: restores programs whose layers all have to pass through the origin."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.surgery import affine_layers


def lacking(case: Case) -> list[str]:
    """Return the names of the affine layers without a bias."""
    return [name for name, layer in affine_layers(case.program.model) if layer.bias is None]


def applies(case: Case) -> bool:
    """Say whether most affine layers lack a bias; before a normalisation one would be idle."""
    return len(lacking(case)) > len(affine_layers(case.program.model)) / 2


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the layers."""
    names = lacking(case)
    note = f"{len(names)} layers have no bias, such as {names[0]}"
    return Attribution("M15", names[0], note, 1.2, trait=True)


INTERVENTION = Intervention("a bias in every layer", [{"biased": True}], attribute, 1.0, applies)

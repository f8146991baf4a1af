"""Inputs standardised: restores programs whose features are off scale."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention

# An input range far below one that standard scaling gives means it was scaled twice (D-15).
TINY_STD = 0.1
CENTRE = 20.0


def applies(case: Case) -> bool:
    """Say whether the inputs are numbers that can be scaled."""
    return case.lab.stats[0] is not None


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell inputs that are off scale (D01) from inputs scaled twice (D02)."""
    mean, std = case.lab.stats
    centre, spread = float(mean.abs().max()), float(std.median())
    note = f"feature means reach {centre:.3g}, typical standard deviation {spread:.3g}"
    varying = std[std != 1]  # Constant features are given one.
    if len(varying) and float(varying.quantile(0.9)) < TINY_STD and centre < CENTRE:
        return Attribution("D02", "inputs", note)
    normal = centre < 2 and 0.2 < spread < 5 and float(std.max()) < 10
    return Attribution("D01", "inputs", note, weight=0.6 if normal else 1.0)


INTERVENTION = Intervention(
    "inputs standardised", [{"inputs": True}], attribute, 1.0, applies, good=True
)

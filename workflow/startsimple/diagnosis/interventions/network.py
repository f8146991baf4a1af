"""The default network: learns where the program's own architecture cannot."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention


def applies(case: Case) -> bool:
    """Say whether targets are known, so that another network can be trained."""
    known = case.first.target is not None and case.program.task.kind != "other"
    return known and not case.program.derived


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the architecture, and its narrowest layer."""
    widths = [
        (m.out_features, name)
        for name, m in case.program.model.named_modules()
        if isinstance(m, nn.Linear)
    ][:-1]
    narrow = min(widths, default=None)
    note = f"narrowest layer {narrow[1]} has {narrow[0]} units" if narrow else "no hidden layer"
    return Attribution("M17", narrow[1] if narrow else "", note, 0.8)


INTERVENTION = Intervention(
    "default network for this input type",
    [
        {"default": True, "inputs": True, "targets": True, "adam": 1e-2},
        {"default": True, "inputs": True, "targets": True, "adam": 1e-3},
    ],
    attribute,
    2.0,
    applies,
)

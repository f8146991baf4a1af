"""Dropout, weight decay and penalties off: restores programs that are regularised to death."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.building import penalty_line
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.surgery import DROPOUTS
from startsimple.program import layers

STRONG_DROPOUT = 0.5
EXTREME_DROPOUT = 0.75
STRONG_DECAY = 0.3


def decay(case: Case) -> float:
    """Return the largest weight decay among the optimiser's groups."""
    groups = [g for o in case.program.fork().optimizers() for g in o.param_groups]
    return max((float(g.get("weight_decay", 0.0)) for g in groups), default=0.0)


def dropout_rate(case: Case) -> float:
    """Return the largest dropout rate seen in the model."""
    rates = [m.p for m in case.program.model.modules() if isinstance(m, layers.DROPOUTS)]
    ops = case.trace.forward.ops if case.trace.forward else []
    called = [
        float(value)
        for op in ops
        if op.name in DROPOUTS
        for value in [*op.args[1:2], *([op.kwargs["p"]] if "p" in op.kwargs else [])]
    ]
    return max([*rates, *called], default=0.0)


def applies(case: Case) -> bool:
    """Say whether there is anything to switch off."""
    return decay(case) > 0 or dropout_rate(case) > 0 or case.lab.penalised


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell dropout from weight decay by their strength."""
    strength, rate = decay(case), dropout_rate(case)
    if place := penalty_line(case.trace):
        return Attribution("M21", place, "the loss holds a penalty on the weights", trait=True)
    if rate > STRONG_DROPOUT or (rate > 0 and strength < 1e-2):
        return Attribution("M19", "dropout", f"dropout rate {rate:g}", trait=rate > EXTREME_DROPOUT)
    return Attribution(
        "M21", "optimizer", f"weight decay {strength:g}", trait=strength > STRONG_DECAY
    )


INTERVENTION = Intervention(
    "regularisation off", [{"unregularised": True}], attribute, 1.0, applies, good=True
)

"""ReLU in the hidden layers: restores programs whose hidden activations are missing or squash."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.surgery import AFFINE, RESHAPES, SQUASHING
from startsimple.program.spy import tensors_in

SATURATING = frozenset(["sigmoid", "sigmoid_", "softmax", "hardsigmoid"])
STACK = 3


def missing(case: Case) -> str:
    """Return the line of an affine layer fed by another one, or ""."""
    made: list[Any] = []
    for op in case.trace.forward.ops if case.trace.forward else []:
        source = next(iter(tensors_in(op.args)), None)
        direct = any(source is t for t in made)
        if op.name in AFFINE and direct:
            return op.where or "forward"
        if op.name in AFFINE or (op.name in RESHAPES and direct):
            made.extend(tensors_in(op.out))
    return ""


def squashing(case: Case) -> list[str]:
    """Return the names of the hidden activations that squash."""
    ops = case.trace.forward.ops if case.trace.forward else []
    output = case.trace.forward.output if case.trace.forward else None
    return [op.name for op in ops if op.name in SQUASHING and op.out is not output]


def applies(case: Case) -> bool:
    """Say whether a hidden activation is missing or squashes."""
    return bool(missing(case) or squashing(case))


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell a missing activation (M01) from an unfit one (M02)."""
    if place := missing(case):
        return Attribution("M01", place, "two affine layers follow each other directly")
    names = squashing(case)
    # A stack that saturates is the cause, even where another optimiser gets through it, too.
    deep = sum(name in SATURATING for name in names) >= STACK
    note = f"hidden activations: {', '.join(names[:4])}"
    return Attribution("M02", "forward", note, 0.9, trait=deep)


INTERVENTION = Intervention(
    "ReLU in the hidden layers",
    [{"hidden": True}, {"hidden": True, "init": True}],
    attribute,
    2.0,
    applies,
)

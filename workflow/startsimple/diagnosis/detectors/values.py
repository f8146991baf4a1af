"""Looks at numbers on their way into the model: cut to whole ones, or scaled a second time."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.surgery import ENTRANCES
from startsimple.program.spy import RESHAPES, SCALING, Op, tensors_in

TINY = 0.02
SCALED = 0.05
SHRUNK = 20.0


def truncated(case: Case) -> Iterator[Finding]:
    """D18: standardised inputs cut to whole numbers, or a cast to integers before the model."""
    for op in case.trace.facts.get("before", []):
        source = op.args[0] if op.args else None
        cast = op.name in ("long", "int", "byte", "short")
        if not cast or not isinstance(source, Tensor) or not source.is_floating_point():
            continue
        if bool((source != source.round()).any()):
            yield Finding("D18", 0.93, [f"Fractions are cut off by .{op.name}()."], op.where)
            return
    table = case.train_table
    if table is None:
        return
    targets = case.program.targets_of(case.lab.train[0])
    integers = targets is not None and not targets.is_floating_point()
    values = case.program.task.kind == "regression"
    looked = [("Inputs", table.x, 0.88)]
    # Whole numbers around zero may be differences of counts: less sure where they stayed floats.
    looked += [("Targets", table.y, 0.88 if integers else 0.7)] if values else []
    for name, column, score in looked:
        if _cut(column):
            note = (
                f"{name} have mean {column.mean():.2f} and spread {column.std():.2f}, yet are all "
                f"whole numbers."
            )
            yield Finding("D18", score, [note], name.lower())


def _cut(x: Any) -> bool:
    """Say whether numbers look standardised and then cut to whole ones."""
    whole = bool((x == np.round(x)).all()) and bool((x < 0).any())
    return whole and 0.2 < x.std() < 2.5 and abs(x.mean()) < 0.5 and len(np.unique(x)) > 3


def scaled_inside(case: Case) -> Iterator[Finding]:
    """D02: the model itself shrinks inputs that were scaled before, so that they all but vanish."""
    forward = case.trace.forward
    first = next((op for op in (forward.ops if forward else []) if op.name in ENTRANCES), None)
    if forward is None or first is None or not forward.inputs or not first.args:
        return
    given, entering = forward.inputs[0], first.args[0]
    if not isinstance(entering, Tensor) or not given.is_floating_point():
        return
    if given.numel() < 2 or not _only_scaled(forward.ops, given, entering):
        return
    before, after = float(given.std()), float(entering.detach().float().std())
    if before > SCALED and float(given.abs().max()) < SHRUNK and after < min(TINY, before / SHRUNK):
        note = (
            f"Inputs arrive with a spread of {before:.3g}, and reach the first layer with "
            f"{after:.3g}."
        )
        yield Finding("D02", 0.92, [note], "forward", definite=False)


def _only_scaled(ops: Sequence[Op], given: Tensor, entering: Tensor) -> bool:
    """Say whether one tensor is made of another by arithmetic and reshaping alone."""
    made = {id(given)}
    for op in ops:
        source = next(iter(tensors_in(op.args)), None)
        if id(source) in made and (op.name in SCALING or op.name in RESHAPES):
            made.update(id(t) for t in tensors_in(op.out))
    return entering is not given and id(entering) in made


DETECTORS = [
    Detector("dtype", "numbers are not truncated", truncated),
    Detector("scaled-inside", "inputs are scaled once", scaled_inside),
]

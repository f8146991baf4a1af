"""Looks for the first number that is not finite: which function made it, of what."""

import math
import re
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.rig import Rig
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.program.clock import worked
from startsimple.program.seeded import seeded
from startsimple.program.spy import Op, Spy, tensors_in
from startsimple.program.subject import Batch

STEPS_REPLAYED = 400
# Larger numbers than this come from weights that run away, and the function is not to blame.
MODERATE = 1e4
UNSTABLE = frozenset(
    [
        "exp",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "div",
        "true_divide",
        "__truediv__",
        "__rtruediv__",
        "__rdiv__",
        "pow",
        "__pow__",
        "__rpow__",
        "sqrt",
        "rsqrt",
        "reciprocal",
    ]
)
LOGARITHMS = frozenset(["log", "log2", "log10"])


def not_finite(case: Case) -> Iterator[Finding]:
    """M09, M05: a loss written by hand overflows, or its gradient, while all else is moderate."""
    losses = case.trace.losses
    bad = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), None)
    if bad is None or bad >= STEPS_REPLAYED or not case.lab.train:
        return
    rig = Rig(case.lab, Setup())
    with seeded(SEED):
        for index in range(STEPS_REPLAYED):
            batch = case.lab.train[index % len(case.lab.train)]
            finding = _looked_at(rig, batch, index)
            if finding is not None:
                yield finding
            if finding is not None or worked() > case.lab.deadline or not _step(rig, batch):
                return


def _looked_at(rig: Rig, batch: Batch, index: int) -> Finding | None:
    rig.model.train()
    ops = list[Op]()
    spy = Spy(ops.append)
    spy.recording = True
    with spy:
        loss = rig.program.step(batch).loss
    when = f"at step {index + 1}"
    if not bool(torch.isfinite(loss).all()):
        return _blamed(ops, when)
    if not loss.requires_grad or all(map(_finite, _gradients(rig, loss))):
        return None
    name = _backward_of(rig, batch)
    if not name or not all(_moderate(op.out) for op in ops):
        return None
    note = f"The loss is finite {when}; its gradient is not, first behind {name}."
    return Finding("M09", 0.93, [note], _line(ops, name))


def _blamed(ops: Sequence[Op], when: str) -> Finding | None:
    """Name the first function that makes something infinite, or no number, of moderate numbers."""
    for op in ops:
        made = tensors_in(op.out)
        if all(map(_finite, made)):
            continue
        given = [*tensors_in((op.args, op.kwargs))]
        if op.name not in UNSTABLE or not all(_moderate(t) for t in given):
            return None
        lowest = min((float(t.detach().min()) for t in given if t.numel()), default=0.0)
        highest = max((float(t.detach().max()) for t in given if t.numel()), default=0.0)
        note = f"{op.name} gets values from {lowest:.3g} to {highest:.3g} {when}"
        if op.name in LOGARITHMS and lowest < 0:
            return Finding("M05", 0.9, [f"{note}: outputs that are no probabilities."], op.where)
        return Finding("M09", 0.95, [f"{note}, and what it makes is not finite."], op.where)
    return None


def _gradients(rig: Rig, loss: Tensor) -> list[Tensor]:
    live = [p for p in rig.model.parameters() if p.requires_grad]
    grads = torch.autograd.grad(loss.mean(), live, allow_unused=True, retain_graph=False)
    return [g for g in grads if g is not None]  # pyright: ignore[reportUnnecessaryComparison]


def _backward_of(rig: Rig, batch: Batch) -> str:
    """Return the function whose derivative is no number, by autograd's own detection."""
    try:
        with torch.autograd.set_detect_anomaly(True):
            _gradients(rig, rig.program.step(batch).loss)
    except RuntimeError as error:
        found = re.search(r"'(\w+?)Backward\d*' returned nan", str(error))
        return found.group(1).lower() if found else ""
    return ""


def _line(ops: Sequence[Op], name: str) -> str:
    return next((op.where for op in ops if op.name.strip("_") == name), "")


def _step(rig: Rig, batch: Batch) -> bool:
    loss = rig.train_step([batch])
    return math.isfinite(loss)


def _finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())


def _moderate(value: object) -> bool:
    return all(
        _finite(t) and (not t.numel() or float(t.detach().abs().max()) < MODERATE)
        for t in tensors_in(value)
        if t.is_floating_point()
    )


DETECTORS = [Detector("overflow", "no function leaves the finite numbers", not_finite)]

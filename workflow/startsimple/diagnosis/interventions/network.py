"""The default network: learns where the program's own architecture cannot."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.setup import SEED
from startsimple.program.program import Program
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch

# Fewer positions than these are no axis to flatten; rounding moves outputs by less than this.
POSITIONS = 4
UNMOVED = 1e-4
CODE = 2
AFFINE = (nn.Linear, nn.Conv1d, nn.Conv2d)


def applies(case: Case) -> bool:
    """Say whether targets are known, so that another network can be trained and compared."""
    known = case.first.target is not None and case.program.task.kind != "other"
    return known and not case.program.derived and not _encodes(case)


def _encodes(case: Case) -> bool:
    """Whether outputs are to repeat the inputs through a code: a network without one just copies.

    A code of one number or two is no less than a bottleneck that nobody wants.
    """
    inputs, target = case.program.inputs_of(case.lab.train[0]), case.first.target
    if target is None or inputs.numel() != target.numel() or not target.is_floating_point():
        return False
    narrow = min(_widths(case, (nn.Linear,)), default=(0, ""))[0]
    return CODE < narrow < target[0].numel() and torch.allclose(
        inputs.reshape(-1).to(target), target.reshape(-1)
    )


def _widths(case: Case, kinds: tuple[type[nn.Module], ...] = AFFINE) -> list[tuple[int, str]]:
    """Return units or channels and name of every affine layer but the last."""
    layers = case.program.model.named_modules()
    weights = [(name, m.weight) for name, m in layers if isinstance(m, kinds)]
    return [(len(w), name) for name, w in weights if isinstance(w, torch.Tensor)][:-1]


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Name the architecture: what it cannot tell apart, or its narrowest layer."""
    axis = blind_axis(case)
    if axis:
        note = f"the order of the inputs along axis {axis} changes no output, as if it were pooled"
        # Symbols are often pooled on purpose; numbers that come in order, as pixels do, are not.
        ordered = case.program.inputs_of(case.lab.train[0]).is_floating_point()
        return Attribution("M18", "", note, 0.9 if ordered else 1.0, trait=ordered)
    narrow = min(_widths(case), default=None)
    note = f"narrowest layer {narrow[1]} has {narrow[0]} units" if narrow else "no hidden layer"
    # Fewer units than half the classes leave many of them no direction of their own.
    tight = narrow is not None and 2 * narrow[0] < (case.program.task.classes or 0)
    place = narrow[1] if narrow else ""
    return Attribution("M17", place, note, 0.9 if tight else 0.8, trait=tight)


def blind_axis(case: Case) -> int:
    """Return the first axis of the inputs along which their order changes no output, or 0."""
    twin, batch = case.program.fork(), case.lab.train[0]
    twin.model.eval()
    inputs = twin.inputs_of(batch)
    if _moved(twin, batch, inputs.roll(1, 0)) < UNMOVED:  # No input changes any output.
        return 0
    for axis in range(1, inputs.ndim if inputs.ndim > 2 else 0):
        size = inputs.shape[axis]
        order = torch.randperm(size, generator=torch.Generator().manual_seed(SEED))
        if size < POSITIONS:
            continue
        if _moved(twin, batch, inputs.index_select(axis, order)) < UNMOVED:
            return axis
    return 0


def _moved(program: Program, batch: Batch, inputs: torch.Tensor) -> float:
    """Return by how much other inputs change the outputs, in shares of their spread."""
    with torch.no_grad(), seeded(SEED):
        before = program.predict(batch)
        after = program.predict(program.with_inputs(batch, inputs))
    return float((before - after).abs().max()) / (float(before.std()) + 1e-12)


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

"""B-07: with the same weights and the same batch, which layer is the first to differ?"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from startsimple.probes.running import modules
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "B-07", "method B-07; absolute tolerance 1e-5"
TITLE = "first layer that differs from the reference"
TOLERANCE = 1e-5
NONE = "none"


@dataclass(frozen=True)
class Layer:
    """One layer with weights, as it ran: its module's name and what it returned."""

    name: str
    module: nn.Module
    output: Tensor


def probe(model: nn.Module, reference: nn.Module, inputs: Tensor) -> Check:
    """Copy the reference's weights into the model, feed both one batch, and compare.

    Layers with weights are paired in the order in which they run. Weights are copied where they
    hold as many numbers, in their order: a convolution over its whole input and a linear layer
    are the same layer.

    Args:
        model: The network under test; a copy of it is changed.
        reference: The network that it should equal, with its own weights.
        inputs: One batch, as it enters both.

    Returns:
        B-07 with the name of the first layer whose output differs, or "none".
    """
    model, reference = copy.deepcopy(model).eval(), copy.deepcopy(reference).eval()
    try:
        pairs = list(zip(_ran(model, inputs)[0], _ran(reference, inputs)[0], strict=False))
        kept = [mine.name for mine, theirs in pairs if not _copied(mine.module, theirs.module)]
        mine, output = _ran(model, inputs)
        theirs, expected = _ran(reference, inputs)
    except RuntimeError as error:
        return _judged("forward", f"a network does not run: {' '.join(str(error).split())}")
    note = f"; weights of another size were left alone in {', '.join(kept)}" if kept else ""
    for place, (layer, other) in enumerate(zip(mine, theirs, strict=False), start=1):
        if said := _difference(layer.output, other.output):
            kind = type(layer.module).__name__
            where = f"layer {place} of {len(theirs)}, {layer.name} ({kind}; {other.name} there)"
            return _judged(layer.name, f"{where}: {said}{note}")
    if len(mine) != len(theirs):
        return _judged(
            "number of layers", f"{len(mine)} layers with weights instead of {len(theirs)}{note}"
        )
    if said := _difference(output, expected):
        return _judged("output", f"all {len(mine)} layers agree, but the output differs: {said}")
    return _judged(NONE, f"all {len(mine)} layers with weights and the output agree{note}")


def _judged(value: str, evidence: str) -> Check:
    return judge(ID, TITLE, value, "==", NONE, source=SOURCE, evidence=evidence)


def _ran(model: nn.Module, inputs: Tensor) -> tuple[list[Layer], Tensor]:
    """Run a network; return its layers with weights, in running order, and its output."""
    ran: list[Layer] = []

    def note(name: str, module: nn.Module) -> None:
        def keep(_: nn.Module, args: tuple[Tensor, ...], output: Tensor | tuple[Tensor]) -> None:
            first = output[0] if isinstance(output, tuple) else output
            ran.append(Layer(name, module, first.detach().clone()))

        handles.append(module.register_forward_hook(keep))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for name, module in modules(model).items():
        if any(True for _ in module.parameters(recurse=False)):
            note(name or "the model itself", module)
    try:
        with torch.no_grad():
            output = model(inputs)
    finally:
        for handle in handles:
            handle.remove()
    return ran, output


def _copied(target: nn.Module, source: nn.Module) -> bool:
    """Copy a layer's weights and buffers; False if it has others, or of another size."""
    mine, theirs = target.state_dict(), source.state_dict()
    if [(k, v.numel()) for k, v in mine.items()] != [(k, v.numel()) for k, v in theirs.items()]:
        return False
    with torch.no_grad():
        for name, value in mine.items():
            value.copy_(theirs[name].reshape(value.shape))
    return True


def _difference(mine: Tensor, theirs: Tensor) -> str:
    """Say how two outputs differ, "" if they agree; axes of size 1 do not count."""
    if mine.squeeze().shape != theirs.squeeze().shape:
        return f"its output has shape {tuple(mine.shape)} instead of {tuple(theirs.shape)}"
    difference = (mine.squeeze() - theirs.squeeze()).abs().max()
    if bool(difference <= TOLERANCE * max(1.0, float(theirs.abs().max()))):
        return ""
    return f"its output differs by up to {float(difference):.3g}"

"""Initial weights by the method's defaults: He for ReLU, Glorot for tanh (M-03)."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from startsimple.schema.errors import UserError, nearest

KINDS = ("he", "glorot", "torch")

# The first loss is then ln K (P-01), and not ln K plus half the variance of the logits.
HEAD_SCALE = 0.1

# The gates of a recurrent layer share one tensor, but each has its own fans.
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def initialise(model: nn.Module, kind: str, generator: torch.Generator) -> None:
    """Draw linear, convolutional and recurrent weights anew, and set their biases to zero.

    Args:
        model: The network, changed in place; its output layer is drawn HEAD_SCALE times smaller.
        kind: he, glorot, or torch to keep what the layers drew when they were made.
        generator: The only source of randomness, on the CPU like the model.

    Raises:
        UserError: If the kind is unknown.
    """
    if kind not in KINDS:
        raise UserError(f"model.init='{kind}' is unknown. {nearest(kind, KINDS)}")
    if kind == "torch":
        return
    head = output_layer(model)
    with torch.no_grad():
        for module in model.modules():
            scale = HEAD_SCALE if module is head else 1.0
            for _, weight in weights(module):
                deviation = scale * standard_deviation(weight, kind)
                weight.copy_(torch.randn(weight.shape, generator=generator) * deviation)
            if is_layer(module):
                for name, parameter in module.named_parameters(recurse=False):
                    if "bias" in name:
                        parameter.zero_()


def is_layer(module: nn.Module) -> bool:
    """Return whether a module is a linear, convolutional or recurrent layer."""
    return isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.RNNBase)


def weights(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of one layer by name; a recurrent layer's gates one by one, as views."""
    if not is_layer(module):
        return
    gates = _GATES[module.mode.split("_")[0]] if isinstance(module, nn.RNNBase) else 1
    for name, parameter in module.named_parameters(recurse=False):
        if name.startswith("weight"):
            for gate, weight in enumerate(parameter.chunk(gates)):
                yield (f"{name}[{gate}]" if gates > 1 else name), weight


def standard_deviation(weight: Tensor, kind: str) -> float:
    """Return the standard deviation that an initialisation aims at (M-12).

    Args:
        weight: Shape (units out, units in, *kernel).
        kind: he, glorot, lecun, or torch for the default of torch's layers.
    """
    kernel = math.prod(weight.shape[2:])
    fan_in, fan_out = weight.shape[1] * kernel, weight.shape[0] * kernel
    variances = {
        "he": 2 / fan_in,
        "glorot": 2 / (fan_in + fan_out),
        "lecun": 1 / fan_in,
        "torch": 1 / (3 * fan_in),
    }
    return math.sqrt(variances[kind])


def output_layer(model: nn.Module) -> nn.Module | None:
    """Return the layer that makes the logits: the last linear or convolutional one, if any."""
    layers = [m for m in model.modules() if is_layer(m) and not isinstance(m, nn.RNNBase)]
    return layers[-1] if layers else None

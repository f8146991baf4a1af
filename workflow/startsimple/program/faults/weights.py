"""Faults of the weights: how they start, which of them train, and in which precision."""

import torch
from torch import Tensor, nn

from startsimple.program.faults.injector import Injector
from startsimple.program.initialise import is_layer, output_layer, weights


class ConstantInit(Injector):
    """M13: all weights start equal."""

    @torch.no_grad()
    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Fill every weight."""
        for layer in _layers(model):
            for _, weight in weights(layer):
                weight.fill_(0.1)
        return model


class UnitInit(Injector):
    """M14: weights are drawn from N(0, 1)."""

    @torch.no_grad()
    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Draw every weight anew."""
        generator = torch.Generator().manual_seed(seed)
        for layer in _layers(model):
            for _, weight in weights(layer):
                weight.copy_(torch.randn(weight.shape, generator=generator))
        return model


class OutputBias(Injector):
    """M15: the output bias starts far away from what the targets ask for.

    Args:
        size: Bias of the first output; the second one has twice as much, and so on.
    """

    def __init__(self, size: float = 10.0) -> None:
        self.size = size

    @torch.no_grad()
    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Fill the bias of the last layer."""
        head = output_layer(model)
        bias = head.bias if head is not None else None
        if isinstance(bias, Tensor):
            bias.copy_(self.size * torch.arange(1, len(bias) + 1))
        return model


class NanWeight(Injector):
    """One weight is NaN (R-08)."""

    @torch.no_grad()
    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Spoil the last layer."""
        _, weight = next(weights(_layers(model)[-1]))
        weight.view(-1)[0] = torch.nan
        return model


class FrozenFirstLayer(Injector):
    """The first layer never trains (R-03)."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Freeze it."""
        for parameter in _layers(model)[0].parameters():
            parameter.requires_grad_(False)
        return model


class ForgottenHead(Injector):
    """O06: the optimiser does not hold the last layer."""

    def parameters(self, model: nn.Module, held: list[nn.Parameter]) -> list[nn.Parameter]:
        """Leave the last layer's out."""
        head = output_layer(model)
        missed = {id(p) for p in head.parameters()} if head else set[int]()
        return [p for p in held if id(p) not in missed]


class HalfPrecision(Injector):
    """O18: weights are kept in bfloat16, in which small steps are lost."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Convert the network; inputs and outputs stay float32 outside of it."""
        return _Bfloat16(model.to(torch.bfloat16))


class _Bfloat16(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        return self.model(inputs.bfloat16()).float()


def _layers(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if is_layer(module)]

"""Faults of what the network computes: its inputs, activations, layers and modes."""

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from startsimple.program.faults.injector import Injector
from startsimple.program.faults.surgery import first_part, replace_head
from startsimple.program.initialise import is_layer
from startsimple.program.spy import function_name, map_tensors
from startsimple.schema.errors import UserError

_RELU = ("relu", "relu_")


class ZeroInputs(Injector):
    """M12: the model never sees its input."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Zero whatever arrives."""
        model.register_forward_pre_hook(_zero_inputs)
        return model


class MixSamples(Injector):
    """M11: a reshape in the place of a transposition spreads examples over several rows."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Mix whatever arrives."""
        model.register_forward_pre_hook(_mix_samples)
        return model


class Unseeded(Injector):
    """O16: noise that ignores the seed."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Add it while training."""
        model.register_forward_pre_hook(_add_unseeded_noise)
        return model


class StuckInTraining(Injector):
    """O08: `eval()` has no effect, so that dropout stays active in evaluation.

    Args:
        rate: Share of the inputs that is dropped.
    """

    def __init__(self, rate: float = 0.2) -> None:
        self.rate = rate

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Put dropout before the network."""
        return AlwaysTraining(nn.Dropout(self.rate), model)


class AlwaysTraining(nn.Sequential):
    """Stays in training mode, whatever is asked for."""

    def train(self, mode: bool = True) -> "AlwaysTraining":
        """Ignore the mode."""
        super().train(True)
        return self


class HiddenActivation(Injector):
    """M01, M02: hidden activations are missing, or softmax where ReLU belongs.

    Args:
        instead: identity, or softmax over the last axis.

    Raises:
        UserError: If there is no such replacement.
    """

    def __init__(self, instead: str = "identity") -> None:
        if instead not in _INSTEAD:
            raise UserError(f"instead='{instead}' is unknown: choose one of {', '.join(_INSTEAD)}.")
        self.instead = instead

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Replace every ReLU, be it a module or a call.

        Raises:
            UserError: If the network has none.
        """
        changed = Rewired(self.instead, model)
        with torch.no_grad():
            changed(inputs)
        if not changed.replaced:
            raise UserError(
                "Faults M01 and M02 replace ReLUs, and this network has none: choose an "
                "experiment with model mlp, mlp_residual, cnn1d, lenet or lenet5."
            )
        return changed


class Rewired(nn.Module):
    """Runs a network with another function in the place of every ReLU.

    Args:
        instead: Key of the replacement.
        model: The network.

    Attributes:
        replaced: ReLUs replaced in the last forward pass.
    """

    def __init__(self, instead: str, model: nn.Module) -> None:
        super().__init__()
        self.model, self.instead, self.replaced = model, instead, 0

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, ...) to outputs (batch, outputs)."""
        with _Replacing(_INSTEAD[self.instead]) as mode:
            outputs = self.model(inputs)
        self.replaced = mode.count
        return outputs


class _Replacing(TorchFunctionMode):
    def __init__(self, instead: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.instead, self.count = instead, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function_name(func) in _RELU:
            self.count += 1
            return self.instead(args[0])
        return func(*args, **(kwargs or {}))


class OutputActivation(Injector):
    """M03: a ReLU after the last layer, so that no output can be negative."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Put it behind the network."""
        return nn.Sequential(model, nn.ReLU())


class Unregistered(Injector):
    """M16: the first layers are kept where `parameters()` does not find them, as in a list."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Take the part with the first layer off the register; it still runs."""
        name, part = first_part(model)
        delattr(model, name)
        model.__dict__[name] = part
        return model


class Disconnected(Injector):
    """M18: a hidden layer runs, and its result is passed on to nobody."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Add the layer before the last one."""
        replace_head(model, _Dropped, seed)
        return model


class _Dropped(nn.Module):
    def __init__(self, head: nn.Linear) -> None:
        super().__init__()
        self.hidden, self.head = nn.Linear(head.in_features, 32), head
        # Started like any other hidden layer: that it is forgotten is all that is wrong with it.
        nn.init.kaiming_normal_(self.hidden.weight)
        nn.init.zeros_(self.hidden.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        self.hidden(inputs).relu()
        return self.head(inputs)


class HeadDropout(Injector):
    """M19: far too much is dropped before the last layer.

    Args:
        rate: Share that is dropped.
    """

    def __init__(self, rate: float = 0.95) -> None:
        self.rate = rate

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Put dropout before the last layer."""
        replace_head(model, lambda head: nn.Sequential(nn.Dropout(self.rate), head), seed)
        return model


class HeadNorm(Injector):
    """M20, D19: batch normalisation before the last layer.

    Args:
        momentum: Weight of a batch in the running statistics; M20: they never catch up.
        even: D19: leave an odd last example out, as batches of two cannot hold it.
    """

    def __init__(self, momentum: float = 0.1, even: bool = False) -> None:
        self.momentum, self.even = momentum, even

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Put it before the last layer."""
        replace_head(
            model,
            lambda head: nn.Sequential(
                nn.BatchNorm1d(head.in_features, momentum=self.momentum), head
            ),
            seed,
        )
        return model

    def order(self, order: Tensor, targets: Tensor) -> Tensor:
        """Drop one example of an odd number, since a batch of one has no variance."""
        return order[: len(order) // 2 * 2] if self.even else order


class WrongBackward(Injector):
    """M23: an operation with a backward pass of its own, whose sign is wrong."""

    def model(self, model: nn.Module, seed: int, inputs: Tensor) -> nn.Module:
        """Put it behind the first layers."""
        part = first_part(model)[1] if not is_layer(model) else model
        part.register_forward_hook(_turned)
        return model


class _Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return inputs.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return -gradient


def _turned(module: nn.Module, args: Any, output: Any) -> Any:
    return map_tensors(output, _Turned.apply)


def _identity(inputs: Tensor) -> Tensor:
    return inputs


def _softmax(inputs: Tensor) -> Tensor:
    return inputs.softmax(-1)


_INSTEAD: dict[str, Callable[[Tensor], Tensor]] = {"identity": _identity, "softmax": _softmax}


def _zero_inputs(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (torch.zeros_like(args[0]),)


def _mix_samples(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    rows = args[0].flatten(1)
    return (rows.T.reshape(args[0].shape),)


def _add_unseeded_noise(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if not module.training:
        return args
    source = torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "big"))
    noise = torch.randn(args[0].shape, generator=source)
    return (args[0] + 0.01 * noise.to(args[0].device),)

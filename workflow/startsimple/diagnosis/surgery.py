"""Change what happens inside a model's forward pass, while it runs, without touching its code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from startsimple.program.layers import NORMS
from startsimple.program.spy import ACTIVATIONS, RESHAPES, Op, function_name, tensors_in

SQUASHING = frozenset(
    [
        "sigmoid",
        "sigmoid_",
        "tanh",
        "tanh_",
        "softmax",
        "log_softmax",
        "softmin",
        "hardsigmoid",
        "softsign",
        "exp",
    ]
)
AFFINE = frozenset(["linear", "conv1d", "conv2d", "conv3d", "addmm"])
# What the first layer of a network may call.
ENTRANCES = AFFINE | {"lstm", "gru", "rnn_tanh", "rnn_relu"}
AFFINE_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMALISING = (*NORMS, nn.LayerNorm, nn.GroupNorm)
DROPOUTS = frozenset(
    ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout"]
)

# A column of a matrix of one column, as in `outputs[:, 0]`.
INDEXING = frozenset(["__getitem__", "select"])


@dataclass(frozen=True)
class OutputActivation:
    """The activation that a model applies last.

    Attributes:
        name: Function name, such as "softmax".
        nth: Which call of that function in one forward pass it is, from 0.
        where: "file:line" of the call.
    """

    name: str
    nth: int
    where: str


def output_activation(ops: Sequence[Op], output: Tensor | None) -> OutputActivation | None:
    """Find the activation whose result, reshaped at most, is the model's output.

    Args:
        ops: Functions that ran inside one forward pass, in order.
        output: What the forward pass returned.

    Returns:
        The activation, or None if the model ends without one.
    """
    wanted = output
    for position in range(len(ops) - 1, -1, -1):
        op = ops[position]
        if wanted is None or not any(t is wanted for t in tensors_in(op.out)):
            continue
        if op.name in ACTIVATIONS:
            # Torch calls some activations through two names; the outermost call decides.
            nth = sum(o.name == op.name for o in ops[:position])
            return OutputActivation(op.name, nth, op.where)
        before = next(iter(tensors_in(op.args)), None)
        whole = before is not None and before.numel() == wanted.numel()
        if op.name not in RESHAPES and not (op.name in INDEXING and whole):
            return None
        wanted = before
    return None


class Surgery(TorchFunctionMode):
    """Bypasses or replaces chosen functions while it is active.

    Attributes:
        last: The model's output activation, or None.
        bare: Whether it is passed over.
        rectify: Whether squashing hidden activations become ReLU, and a missing one is added.
        undrop: Whether dropout does nothing.
    """

    def __init__(
        self,
        last: OutputActivation | None,
        *,
        bare: bool = False,
        rectify: bool = False,
        undrop: bool = False,
    ) -> None:
        super().__init__()
        self.last, self.bare, self.rectify, self.undrop = last, bare, rectify, undrop
        self.count = 0
        self._affine: list[Tensor] = []

    def restart(self) -> None:
        """Begin counting calls anew; to be called before every forward pass."""
        self.count = 0
        self._affine.clear()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run the function, or what stands in for it."""
        name, named = function_name(func), kwargs or {}
        if self.last is not None and name == self.last.name:
            self.count += 1
            if self.count - 1 == self.last.nth:
                return args[0] if self.bare else func(*args, **named)
        if self.undrop and name in DROPOUTS:
            return args[0] if args else named["input"]
        if self.rectify:
            return self._rectified(func, name, args, named)
        return func(*args, **named)

    def _rectified(self, func: Any, name: str, args: Any, named: Any) -> Any:
        if name in SQUASHING and args and isinstance(args[0], Tensor) and args[0].ndim > 1:
            return functional.relu(args[0])
        if name in AFFINE and args and any(args[0] is t for t in self._affine):
            args = (functional.relu(args[0]), *args[1:])
        out = func(*args, **named)
        if name in AFFINE or (
            name in RESHAPES and args and any(args[0] is t for t in self._affine)
        ):
            self._affine.append(out)
        return out


def reinitialise(model: nn.Module, seed: int = 0) -> None:
    """Give every layer its library's standard initial weights, drawn from a fixed seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in model.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()


def affine_layers(model: nn.Module) -> list[tuple[str, Any]]:
    """Return the linear and convolution layers of a model, by name."""
    return [(n, m) for n, m in model.named_modules() if isinstance(m, AFFINE_LAYERS)]


def add_biases(model: nn.Module) -> None:
    """Give every affine layer that has none a bias of zeros."""
    for _, layer in affine_layers(model):
        if layer.bias is None:
            layer.bias = nn.Parameter(layer.weight.new_zeros(len(layer.weight)))


def without_norms(model: nn.Module) -> None:
    """Put identities in the places of normalisation layers."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, NORMALISING):
                setattr(module, name, nn.Identity())

"""See every torch function that a program calls, however it was imported, and from which line."""

import copy
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._C import _functorch as functorch  # pyright: ignore[reportAttributeAccessIssue]
from torch.distributions import Distribution
from torch.overrides import TorchFunctionMode

# Functions that are constant but for jumps: a gradient of exactly zero comes back from them.
STEPS = frozenset(["round", "round_", "sign", "floor", "floor_", "ceil", "trunc", "heaviside"])
LOSSES = frozenset(
    [
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "cross_entropy",
        "nll_loss",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "kl_div",
        "gaussian_nll_loss",
        "poisson_nll_loss",
        "soft_margin_loss",
        "hinge_embedding_loss",
        "multi_margin_loss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
        "cosine_embedding_loss",
        "margin_ranking_loss",
        "triplet_margin_loss",
        "ctc_loss",
    ]
)
# What picks rows from data, as `y[rows]` does.
LOOKUPS = frozenset(["__getitem__", "index_select", "take", "gather", "take_along_dim"])
LOGIT_LOSSES = frozenset(
    ["cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss"]
)
ACTIVATIONS = frozenset(
    [
        "relu",
        "relu_",
        "sigmoid",
        "sigmoid_",
        "tanh",
        "tanh_",
        "softmax",
        "log_softmax",
        "softmin",
        "softplus",
        "softsign",
        "elu",
        "selu",
        "gelu",
        "silu",
        "leaky_relu",
        "leaky_relu_",
        "hardtanh",
        "hardsigmoid",
        "relu6",
        "logsigmoid",
        "mish",
        "clamp",
        "clip",
        "clamp_",
        "clamp_min",
        "clamp_max",
        "celu",
        "glu",
        "hardswish",
        "exp",
        "abs",
    ]
)
RESHAPES = frozenset(
    [
        "squeeze",
        "unsqueeze",
        "view",
        "reshape",
        "flatten",
        "ravel",
        "contiguous",
        "to",
        "float",
        "double",
        "clone",
        "squeeze_",
    ]
)

# Arithmetic that scales and shifts, and changes of type.
SCALING = frozenset(
    [
        "div",
        "__truediv__",
        "true_divide",
        "mul",
        "__mul__",
        "sub",
        "__sub__",
        "add",
        "__add__",
        "__rsub__",
        "float",
        "to",
    ]
)

_PACKAGE = str(Path(__file__).resolve().parents[1])
_TORCH = str(Path(torch.__file__).resolve().parent)
_STANDARD = sysconfig.get_path("stdlib")


@dataclass
class Op:
    """One call of a torch function.

    Attributes:
        func: The function.
        args: Positional arguments, tensors included.
        kwargs: Keyword arguments.
        out: What it returned.
        depth: How many modules with parameters were running around it; 0 outside of the model.
        where: "file:line" of the program's line that led to the call.
    """

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    depth: int
    where: str

    def mapped(self, change: Callable[[Tensor], Tensor]) -> "Op":
        """Return the call with every tensor in it changed."""
        args, kwargs = map_tensors(self.args, change), map_tensors(self.kwargs, change)
        return replace(self, args=args, kwargs=kwargs, out=map_tensors(self.out, change))

    @property
    def name(self) -> str:
        """Name of the function, such as "cross_entropy"."""
        return function_name(self.func)


def detacher() -> Callable[[Tensor], Tensor]:
    """Return a function that takes tensors off their graph, the same one each time; not weights."""
    memo: dict[int, Tensor] = {}

    def bare(tensor: Tensor) -> Tensor:
        if isinstance(tensor, nn.Parameter) or (tensor.is_leaf and tensor.requires_grad):
            return tensor
        if id(tensor) not in memo:
            memo[id(tensor)] = tensor.detach()
        return memo[id(tensor)]

    return bare


def function_name(func: Callable[..., Any]) -> str:
    """Return the plain name of a torch function ("" if it has none)."""
    return str(getattr(func, "__name__", ""))


def caller() -> str:
    """Return "file:line" of the nearest frame outside of torch, this package and libraries."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        name = frame.f_code.co_filename
        library = name.startswith((_PACKAGE, _TORCH, _STANDARD)) or "site-packages" in name
        if not library and not name.startswith("<"):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


class Spy(TorchFunctionMode):
    """Notes calls while `recording`; costs one Python call per torch function otherwise.

    Attributes:
        recording: Whether calls are noted at present.
        depth: Number of modules with parameters now running (kept by the module hooks).
        inside: Whether calls inside of modules are noted too.
        locate: Whether the program's line is looked up for each call.
        note: Receives every noted call.
    """

    def __init__(self, note: Callable[[Op], None]) -> None:
        super().__init__()
        self.recording = False
        self.depth = 0
        self.inside = True
        self.locate = True
        self.note = note

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run the function, and note it if its result is a tensor or a tuple of tensors."""
        named = kwargs or {}
        out = func(*args, **named)
        wanted = self.recording and (self.inside or not self.depth)
        if wanted and isinstance(out, Tensor | tuple | list) and not transformed():
            where = caller() if self.locate else ""
            self.note(Op(func, args, named, out, self.depth, where))
        return out


def transformed() -> bool:
    """Say whether a function is being run by vmap, grad or another one of torch.func.

    Tensors in there stand for others, and must not be kept beyond the call.
    """
    return functorch.peek_interpreter_stack() is not None


def bytes_of(tensor: Tensor) -> int:
    """Return how much memory a tensor's numbers take; of a sparse one, those that it holds."""
    if tensor.layout is torch.strided:
        return tensor.nbytes
    return tensor.to_sparse_coo().coalesce().values().nbytes


def tensors_in(value: Any) -> list[Tensor]:
    """Return the tensors in nested tuples, lists, dicts and records, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [t for item in value.values() for t in tensors_in(item)]
    if isinstance(value, list | tuple):
        return [t for item in value for t in tensors_in(item)]
    return tensors_in(vars(value)) if _is_record(value) else []


def answers_in(value: Any) -> list[Tensor]:
    """Return the tensors that a network returns: answers first, then numbers such as a loss."""
    return sorted(tensors_in(value), key=lambda tensor: tensor.ndim == 0)


def map_tensors(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """Return the nested value with every tensor replaced by `change(tensor)`."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: map_tensors(item, change) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(item, change) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(map_tensors(item, change) for item in value)
    if _is_record(value):
        changed = copy.copy(value)
        vars(changed).update(map_tensors(vars(value), change))
        return changed
    return value


def _is_record(value: Any) -> bool:
    """Whether an object stands for the tensors that it holds: a data class, a distribution."""
    record = is_dataclass(value) and not isinstance(value, type) and hasattr(value, "__dict__")
    return record or isinstance(value, Distribution)

"""Contexts in which a program's own code runs mended: shapes, graphs, axes, casts and modes."""

import math
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from startsimple.program.spy import LOSSES, STEPS, function_name

# Makes a context in which a program's own code runs.
Mode = Callable[[], AbstractContextManager[Any]]

# Functions that compare a prediction with a target, element by element.
COMPARING = frozenset(
    [
        "sub",
        "rsub",
        "__sub__",
        "__rsub__",
        "mul",
        "__mul__",
        "eq",
        "__eq__",
        "ne",
        "__ne__",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "binary_cross_entropy",
    ]
)
CASTS = frozenset(["long", "int", "byte", "short"])
REDUCING = frozenset(["mean", "std", "var", "sum", "norm"])
ACROSS = REDUCING | {"softmax", "log_softmax", "normalize"}
HALVES = (torch.float16, torch.bfloat16)


class Mending(TorchFunctionMode):
    """Runs every function through `change`, which may call it with other arguments."""

    def __init__(self, change: Callable[[Any, str, tuple[Any, ...], dict[str, Any]], Any]) -> None:
        super().__init__()
        self.change = change

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run the function, or what stands in for it."""
        return self.change(func, function_name(func), args, kwargs or {})


def aligned() -> Mending:
    """Give (N,) the shape of (N, 1) wherever the two meet: no pair of rows is spread over all."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name in COMPARING and len(args) > 1 and _crossed(args[0], args[1]):
            args = (args[0], args[1].reshape(args[0].shape), *args[2:])
        return func(*args, **named)

    return Mending(change)


def _crossed(a: Any, b: Any) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return False
    return {a.ndim, b.ndim} == {1, 2} and a.numel() == b.numel() == len(a) == len(b) > 1


def argmax_of_one() -> Mending:
    """Cut a single output instead of taking the arg max over one column, which is always 0."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        x = args[0] if args else named.get("input")
        if name == "argmax" and isinstance(x, Tensor) and x.ndim == 2 and x.shape[1] == 1:
            within = bool(((x >= 0) & (x <= 1)).all())
            return (x[:, 0] > (0.5 if within else 0.0)).long()
        return func(*args, **named)

    return Mending(change)


def attached() -> Mending:
    """Pass over what cuts the gradient's path: detach, .data, no_grad, and jumps."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name == "_set_grad_enabled" and args and not args[0]:
            return None
        getter = name == "__get__" and getattr(func.__self__, "__name__", "") == "data"
        if name == "detach" or (getter and not isinstance(args[0], nn.Parameter)):
            return args[0]
        out = func(*args, **named)
        if name in STEPS and isinstance(args[0], Tensor) and args[0].requires_grad:
            return args[0] + (out - args[0]).detach()  # Straight through.
        return out

    return Mending(change)


def permuted() -> Mending:
    """Permute axes where a view or reshape only gives the same sizes in another order.

    Where a reshape leads with the size of a later axis, as of the batch in (time, batch, features),
    that axis comes to the front before it.
    """

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name in ("view", "reshape") and isinstance(args[0], Tensor) and len(args) > 1:
            sizes = args[1] if isinstance(args[1], tuple | list | torch.Size) else args[1:]
            old, new = tuple(args[0].shape), tuple(sizes)
            axes = axes_of(old, new)
            if axes is not None:
                return args[0].permute(axes)
            axis = leading_axis(old, new)
            if axis is not None:
                return args[0].movedim(axis, 0).reshape(new)
        return func(*args, **named)

    return Mending(change)


def leading_axis(old: tuple[int, ...], new: tuple[Any, ...]) -> int | None:
    """Return the later axis whose size the new ones begin with; None if there is no such one."""
    if len(old) < 3 or not new or new[0] == old[0] or old.count(new[0]) != 1:
        return None
    return old.index(new[0])


def axes_of(old: tuple[int, ...], new: tuple[Any, ...]) -> list[int] | None:
    """Return the order of axes that gives the new sizes; None if that takes more than an order."""
    if any(not isinstance(size, int) for size in new):
        return None
    rest = math.prod(old) // max(math.prod(size for size in new if size != -1), 1)
    new = tuple(rest if size == -1 else size for size in new)
    if len(old) < 3 or old == new or sorted(old) != sorted(new):
        return None
    free, axes = list(range(len(old))), list[int]()
    for size in new:
        axis = next(i for i in free if old[i] == size)
        free.remove(axis)
        axes.append(axis)
    return axes


def over_features() -> Mending:
    """Work over the last axis where a function works across the batch, row by row."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        x = args[0] if args else None
        across = name in ACROSS and isinstance(x, Tensor) and x.ndim > 1
        if across and named.get("dim", args[1] if len(args) > 1 else None) == 0:
            # One value a row, spread over its features.
            kept = {"keepdim": True} if name in REDUCING else {}
            return func(x, *args[2:], **{**named, **kept, "dim": -1})
        return func(*args, **named)

    return Mending(change)


def single() -> Mending:
    """Stay in single precision where the program casts to half of it."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name in ("half", "bfloat16") and args and isinstance(args[0], Tensor):
            return args[0].float()
        if name == "to":
            args = tuple(torch.float32 if _half(arg) else arg for arg in args)
            named = {k: torch.float32 if _half(v) else v for k, v in named.items()}
        return func(*args, **named)

    return Mending(change)


def losses_passed_over() -> Mending:
    """Let losses be nothing, where another loss is used and shapes no longer fit theirs."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name in LOSSES and args and isinstance(args[0], Tensor):
            return 0 * args[0].sum()
        return func(*args, **named)

    return Mending(change)


def _half(value: Any) -> bool:
    return isinstance(value, torch.dtype) and value in HALVES


def uncast() -> Mending:
    """Leave fractions as they are where the program casts them to whole numbers."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name in CASTS and args and isinstance(args[0], Tensor) and args[0].is_floating_point():
            return args[0]
        return func(*args, **named)

    return Mending(change)


@contextmanager
def modes_kept() -> Generator[None]:
    """Leave training and evaluation mode to the loop, whatever the program's own steps set."""

    def keep(module: nn.Module, mode: bool = True) -> nn.Module:
        return module

    with mock.patch.object(nn.Module, "train", keep):
        yield


class _Context:
    """Stands in for the context of an autograd function whose backward pass is not used."""

    needs_input_grad = (True,) * 16

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Keep nothing."""

    mark_non_differentiable = mark_dirty = save_for_backward


@contextmanager
def own_backward_unused() -> Generator[None]:
    """Let autograd differentiate the forward pass of hand-written autograd functions."""

    def apply(kind: Any, *args: Any, **named: Any) -> Any:
        split = kind.setup_context is not torch.autograd.Function.setup_context
        return kind.forward(*args, **named) if split else kind.forward(_Context(), *args, **named)

    with mock.patch.object(torch.autograd.Function, "apply", classmethod(apply)):
        yield

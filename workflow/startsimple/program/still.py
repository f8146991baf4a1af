"""Global streams of chance held still: each call gives the middle of what it could have given."""

import random
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

Draw = Callable[..., Any]


def _sized(value: float) -> Draw:
    """Return a draw of torch that takes sizes and gives one value."""

    def draw(*size: Any, **named: Any) -> Tensor:
        shape = named.get("size", size[0] if size and isinstance(size[0], tuple | list) else size)
        return torch.full(tuple(shape), value)

    return draw


def _like(value: float) -> Draw:
    def draw(x: Tensor, **named: Any) -> Tensor:
        return torch.full_like(x, value)

    return draw


def _whole(*args: Any, **named: Any) -> Tensor:
    shape = named.get("size", args[-1])
    bounds = [arg for arg in args if isinstance(arg, int)]
    low, high = bounds if len(bounds) == 2 else (0, bounds[0])
    return torch.full(tuple(shape), (low + high - 1) // 2)


def _array(value: float) -> Draw:
    def draw(*size: int) -> Any:
        return np.full(size, value) if size else value

    return draw


def _normal(loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
    return loc if size is None else np.broadcast_to(loc, size) + 0.0


def _uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
    return _normal((low + high) / 2, size=size)


def _integer(low: int, high: int | None = None, size: Any = None, **named: Any) -> Any:
    value = (low - 1) // 2 if high is None else (low + high - 1) // 2
    return value if size is None else np.full(size, value)


def _half() -> float:
    return 0.5


def _mean(a: float, b: float) -> float:
    return (a + b) / 2


def _middle(a: int, b: int) -> int:
    return (a + b) // 2


def _centre(mu: float = 0.0, sigma: float = 1.0) -> float:
    return mu


_CHANGED: tuple[tuple[Any, str, Draw], ...] = (
    (torch, "rand", _sized(0.5)),
    (torch, "randn", _sized(0.0)),
    (torch, "randint", _whole),
    (torch, "randn_like", _like(0.0)),
    (torch, "rand_like", _like(0.5)),
    (np.random, "rand", _array(0.5)),
    (np.random, "randn", _array(0.0)),
    (np.random, "normal", _normal),
    (np.random, "uniform", _uniform),
    (np.random, "randint", _integer),
    (random, "random", _half),
    (random, "uniform", _mean),
    (random, "gauss", _centre),
    (random, "randint", _middle),
)


@contextmanager
def still() -> Generator[None]:
    """Take the chance out of what runs inside: noise is nothing, shifts stand in their middle."""
    with ExitStack() as stack:
        for owner, name, replacement in _CHANGED:
            stack.enter_context(mock.patch.object(owner, name, replacement))
        yield

"""What a script does beside its steps: optimisers built, loaders with workers, seeds set."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.utils.data import dataloader

from startsimple.program.trace import Trace


def patch(stack: ExitStack, owner: Any, name: str, wrap: Callable[..., Any]) -> None:
    """Put a wrapped function in an attribute's place until the stack is left."""
    original = getattr(owner, name)
    setattr(owner, name, wrap(original))
    stack.callback(setattr, owner, name, original)


class Aside:
    """Notes what no step shows.

    Attributes:
        built: Optimisers, in the order in which they were built.
    """

    def __init__(self, trace: Trace) -> None:
        """Prepare to note things, the loaders' workers among the trace's facts."""
        self.built: list[optim.Optimizer] = []
        self._trace = trace
        self._start: list[Tensor] | None = None

    @contextmanager
    def watching(self) -> Generator[None]:
        """Note optimisers, workers and seeds while the block runs."""
        with ExitStack() as stack:
            patch(stack, optim.Optimizer, "__init__", self._wrap_build)
            iterator = dataloader._MultiProcessingDataLoaderIter  # pyright: ignore[reportPrivateUsage]
            patch(stack, iterator, "__init__", self._wrap_workers)
            patch(stack, torch, "manual_seed", self._wrap_seed)
            yield

    def begins(self, modules: Sequence[nn.Module]) -> None:
        """Remember the weights of the first backward pass."""
        self._start = [p.detach().clone() for p in _parameters(modules)]

    def unmoved(self, modules: Sequence[nn.Module]) -> bool:
        """Say whether models that were trained without a step still have their first weights."""
        now = _parameters(modules)
        if self._trace.steps or not self._start or len(now) != len(self._start):
            return False
        return all(torch.equal(a, b) for a, b in zip(now, self._start, strict=True))

    def _wrap_build(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def build(optimizer: optim.Optimizer, *args: Any, **kwargs: Any) -> None:
            original(optimizer, *args, **kwargs)
            self.built.append(optimizer)

        return build

    def _wrap_seed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def seed(value: int) -> Any:
            self._trace.seeds.append(f"torch {value}")
            return original(value)

        return seed

    def _wrap_workers(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def start(iterator: Any, loader: Any) -> None:
            known = self._trace.facts.get("workers", 0)
            self._trace.facts["workers"] = max(known, loader.num_workers)
            original(iterator, loader)

        return start


def _parameters(modules: Sequence[nn.Module]) -> list[Tensor]:
    return [p.detach() for module in modules for p in module.parameters()]

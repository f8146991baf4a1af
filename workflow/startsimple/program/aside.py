"""What a script does beside its steps: optimisers built, loaders read, workers started."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.utils.data import dataloader

from startsimple.program.loaders import Loaders
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
        self._reads: list[tuple[Any, int]] = []
        self._start: list[Tensor] | None = None

    @contextmanager
    def watching(self) -> Generator[None]:
        """Note optimisers, loaders and workers while the block runs."""
        with ExitStack() as stack:
            patch(stack, optim.Optimizer, "__init__", self._wrap_build)
            iterator = dataloader._MultiProcessingDataLoaderIter  # pyright: ignore[reportPrivateUsage]
            patch(stack, iterator, "__init__", self._wrap_workers)
            patch(stack, dataloader.DataLoader, "__iter__", self._wrap_read)
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

    def loaders_read(self) -> Loaders | None:
        """Return the loaders that were read last while steps were made, and while none were."""
        reads = [*self._reads, (None, len(self._trace.steps))]
        trained = [loader for (loader, start), (_, end) in pairwise(reads) if end > start]
        scored = [loader for (loader, start), (_, end) in pairwise(reads) if end <= start]
        if not trained:
            return None
        other = (loader for loader in reversed(scored) if loader is not trained[-1])
        return Loaders(trained[-1], next(other, None))

    def _wrap_read(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def read(loader: Any) -> Any:
            self._reads.append((loader, len(self._trace.steps)))
            return original(loader)

        return read

    def _wrap_workers(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def start(iterator: Any, loader: Any) -> None:
            known = self._trace.facts.get("workers", 0)
            self._trace.facts["workers"] = max(known, loader.num_workers)
            original(iterator, loader)

        return start


def _parameters(modules: Sequence[nn.Module]) -> list[Tensor]:
    return [p.detach() for module in modules for p in module.parameters()]

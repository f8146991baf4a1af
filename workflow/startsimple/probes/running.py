"""Short runs of a subject that every probe shares: some rows, some batches, some steps."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn, optim

from startsimple.program.seeded import seeded
from startsimple.program.spy import map_tensors
from startsimple.program.subject import Batch, Step, Subject

Update = Callable[[Subject, list[optim.Optimizer], Batch], float]


def take(subject: Subject, batch: Batch, rows: Sequence[int]) -> Batch:
    """Return some examples of a batch: every tensor in it that has one row per example is cut.

    Args:
        subject: Knows which tensor is the input.
        batch: Tensors in nested tuples, lists, dicts or dataclasses.
        rows: Positions of the examples; a position may be given more than once.
    """
    length = len(subject.inputs_of(batch))

    def cut(tensor: Tensor) -> Tensor:
        if not tensor.ndim or len(tensor) != length:
            return tensor
        return tensor[torch.tensor(rows, device=tensor.device)]

    if dataclasses.is_dataclass(batch) and not isinstance(batch, type):
        parts = {f.name: getattr(batch, f.name) for f in dataclasses.fields(batch) if f.init}
        return dataclasses.replace(batch, **map_tensors(parts, cut))
    return map_tensors(batch, cut)


def cycle(subject: Subject, count: int) -> Iterator[Batch]:
    """Yield exactly `count` training batches, epoch after epoch (none if there are none)."""
    left = count
    while left > 0:
        before = left
        for batch in subject.batches("train", left):
            yield batch
            left -= 1
        if left == before:
            return


def first_batch(subject: Subject, split: str = "train") -> Any:
    """Return the first batch of validation, or of training where there is no validation."""
    if split == "val":
        for batch in subject.batches("val", 1):
            return batch
    return next(iter(subject.batches("train", 1)))


def step(subject: Subject, batch: Batch, *, train: bool = True) -> Step:
    """Run one step in the mode that a trainer would set for it; the program may change it.

    Args:
        subject: A fork that may change.
        batch: What its loader gave.
        train: The training step, or the validation step.
    """
    subject.model.train(train)
    return subject.step(batch, train=train)


def update(subject: Subject, optimizers: list[optim.Optimizer], batch: Batch) -> float:
    """Take one optimiser step on one batch; return the loss before it."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss = step(subject, batch).loss
    backward(loss)
    for optimizer in optimizers:
        optimizer.step()
    return float(loss.detach())


def backward(loss: Tensor) -> None:
    """Compute the gradients of a loss."""
    loss.backward()  # pyright: ignore[reportUnknownMemberType]


def modules(model: nn.Module) -> dict[str, nn.Module]:
    """Return all modules of a model by name, the model itself as ""."""
    return dict(cast("Iterator[tuple[str, nn.Module]]", model.named_modules()))


def train(
    subject: Subject, steps: int, seed: int, change: Callable[[Tensor], Tensor] | None = None
) -> list[float]:
    """Train a subject in place for some steps.

    Args:
        subject: A fork that may change.
        steps: Optimiser steps.
        seed: Seeds every global stream, so that equal seeds give equal runs.
        change: Replaces the inputs of every batch, if given.

    Returns:
        The loss before each step.
    """
    losses: list[float] = []
    with seeded(seed):
        optimizers = subject.optimizers()
        for batch in cycle(subject, steps):
            if change is not None:
                batch = subject.with_inputs(batch, change(subject.inputs_of(batch)))
            losses.append(update(subject, optimizers, batch))
    return losses

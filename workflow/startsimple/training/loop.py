"""The training loop: in-memory tensors, no loader, no synchronisation inside a step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn, optim

from startsimple.program.faults.injector import NONE, Injector
from startsimple.training.bits import BitTrace
from startsimple.training.checkpoints import Checkpoints
from startsimple.training.evaluation import Scores, evaluate
from startsimple.training.norms import GradientNorms

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Arrays:
    """Inputs and targets on the device: x of shape (n, ...) float32, y of shape (n,)."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: Tensor) -> "Arrays":
        """Return the examples at an index, shape (k,) int64."""
        return Arrays(self.x[index], self.y[index])


@dataclass
class Outcome:
    """What one training run did.

    Attributes:
        losses: Training loss of every step that ran, float32 of shape (steps,), on the CPU.
        evaluated: Steps after which the sets were scored.
        scores: Scores by set name, one per evaluated step.
        diverged: True if the loss became non-finite, which ends the run.
        bits: Sum of each parameter's bits after every step, int32 of shape (steps, parameters).
        parameters: Names of the parameters, in the order of `bits`.
    """

    losses: Tensor
    evaluated: list[int] = field(default_factory=list[int])
    scores: dict[str, list[Scores]] = field(default_factory=dict[str, list[Scores]])
    diverged: bool = False
    bits: Tensor = field(default_factory=lambda: torch.empty(0, 0, dtype=torch.int32))
    parameters: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Budget:
    """How long to train: optimiser steps, examples per step, evaluations spread evenly."""

    steps: int
    batch_size: int
    evaluations: int = 0

    def evaluated_steps(self) -> set[int]:
        """Return the steps (1-based) after which to evaluate; the last one is always there."""
        if self.evaluations <= 0:
            return set()
        return {round(self.steps * (k + 1) / self.evaluations) for k in range(self.evaluations)}


def train(
    model: nn.Module,
    loss: Loss,
    optimizer: optim.Optimizer,
    rate: Callable[[int], float],
    data: Arrays,
    budget: Budget,
    order: torch.Generator,
    *,
    watch: dict[str, Arrays] | None = None,
    faults: Injector = NONE,
    keep: Checkpoints | None = None,
    norms: GradientNorms | None = None,
    stop: Callable[[Outcome], bool] | None = None,
) -> Outcome:
    """Train a model in place.

    Every epoch is a fresh permutation from `order`, a generator on the CPU, so that the order
    does not depend on the device. The last batch of an epoch may be smaller. Losses stay on the
    device until the end: asking for them earlier would make every step wait.

    Args:
        model: Network that emits logits.
        loss: Called with (logits, targets).
        optimizer: Holds the model's parameters.
        rate: Factor on the initial learning rate, by step from 0.
        data: Training examples.
        budget: Steps, batch size and evaluations.
        order: Generator of the batch order.
        watch: Sets to score, by name.
        faults: What is wrong with order, batches and evaluation on purpose.
        keep: Keeps the best states by one of the watched sets.
        norms: Notes the gradient's norm before every step, and clips it if it has a limit.
        stop: Asked after every evaluation; True ends the run.

    Returns:
        The run's losses and scores.
    """
    bases = [float(group["lr"]) for group in optimizer.param_groups]
    losses = torch.empty(budget.steps, device=data.y.device)
    outcome = Outcome(losses)
    stops = budget.evaluated_steps()
    batches = _batches(data, budget, order, faults)
    trace = BitTrace(model, budget.steps)
    model.train()
    for step, batch in zip(range(budget.steps), batches, strict=False):
        factor = rate(step)
        for group, base in zip(optimizer.param_groups, bases, strict=True):
            group["lr"] = base * factor
        value = loss(model(batch.x), batch.y)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # pyright: ignore[reportUnknownMemberType]
        if norms is not None:
            norms.note(step)
        optimizer.step()
        losses[step] = value.detach()
        trace.note(step)
        if step + 1 in stops:
            seen = {k: Arrays(faults.evaluated(v.x), v.y) for k, v in (watch or {}).items()}
            _score(outcome, model, loss, seen, step + 1)
            if keep is not None:
                keep.offer(model, outcome.scores, step + 1)
            ended = stop is not None and stop(outcome)
            if ended or not bool(torch.isfinite(losses[step])):
                outcome.losses = losses[: step + 1]
                break
    outcome.losses = outcome.losses.cpu()
    outcome.bits, outcome.parameters = trace.kept(len(outcome.losses)), trace.names
    outcome.diverged = not bool(torch.isfinite(outcome.losses).all())
    return outcome


def _batches(
    data: Arrays, budget: Budget, order: torch.Generator, faults: Injector
) -> Iterator[Arrays]:
    size = min(budget.batch_size, len(data))
    if size == len(data):
        # One batch holds everything: its order cannot matter, so nothing is copied.
        while True:
            yield Arrays(faults.batch(data.x, 0), data.y)
    while True:
        shuffled = torch.randperm(len(data), generator=order).to(data.y.device)
        arranged = faults.order(shuffled, data.y)
        for position, index in enumerate(arranged.split(size)):
            yield Arrays(faults.batch(data.x[index], position), data.y[index])


def _score(
    outcome: Outcome, model: nn.Module, loss: Loss, watch: dict[str, Arrays], step: int
) -> None:
    outcome.evaluated.append(step)
    for name, examples in watch.items():
        outcome.scores.setdefault(name, []).append(evaluate(model, loss, examples.x, examples.y))
    model.train()

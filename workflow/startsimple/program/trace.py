"""What was seen while a program trained: steps, batches, evaluations and habits of its loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn, optim

from startsimple.program.spy import Op


@dataclass
class StepFacts:
    """One optimiser step as it happened.

    Attributes:
        loss: Value of the last loss before the step.
        rates: Learning rate of every parameter group.
        grad_norm: Global norm of the gradients as the optimiser saw them; None if not measured.
        stale: Whether the backward pass added to gradients that an earlier step had used.
        backwards: Backward passes since the step before.
        training: Whether the model was in training mode; None if no model ran.
        empty: Whether the optimiser found no gradient (none, or all zero).
        update: Norm of the change of the parameters over their norm; None if not measured.
        clip: Global norm of the gradients at the step and before it, if they were made smaller.
        rows: Examples in the batch.
    """

    loss: float
    rates: list[float]
    grad_norm: float | None
    stale: bool
    backwards: int
    training: bool | None
    empty: bool
    update: float | None = None
    clip: tuple[float, float] | None = None
    rows: int = 0


@dataclass
class Evaluation:
    """One forward pass that no training step followed.

    Attributes:
        inputs: First tensor that entered the model.
        output: First tensor that came out.
        target: What the output was compared with, if seen.
        training: Whether the model was in training mode.
        grad: Whether gradients were on.
        step: Optimiser steps taken before it.
        ops: Functions called on the way from the output to the metric.
        arguments: All tensors that entered the model.
        met: Everything that the output was compared or joined with, the target first.
        module: Place of the model among those that were called.
    """

    inputs: Tensor | None
    output: Tensor | None
    target: Tensor | None
    training: bool
    grad: bool
    step: int
    ops: list[Op] = field(default_factory=list)
    arguments: tuple[Tensor, ...] = ()
    met: tuple[Tensor, ...] = ()
    module: int = 0


@dataclass
class Forward:
    """The functions that ran inside the model in one recorded training step, and their ends."""

    ops: list[Op]
    inputs: list[Tensor]
    output: Tensor | None
    called: list[str]


@dataclass
class Trace:
    """The record of one observed training run.

    Attributes:
        steps: One entry per optimiser step, in order.
        losses: Loss at every backward pass, in order.
        evaluations: Forward passes outside of training, in order, the first ones and the last.
        forward: What ran inside the model in the first training step.
        outside: What ran between the model and the loss in the first training step.
        trained: The model as it stood when the run ended.
        optimizer: The (last) optimiser that stepped.
        logged: Metrics that the program logged, by name.
        error: Exception that ended the run, as "Type: message", or "".
        error_where: "file:line" of the program's line that raised.
        ended_early: True if its share of time was used before the program ended.
        notes: What could not be captured, as sentences.
        kept_losses: Share of old losses that are still alive with their graph.
        kept_evaluations: Same for the outputs of evaluation passes.
        facts: Anything further that one adapter knows, by name.
    """

    steps: list[StepFacts] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    forward: Forward | None = None
    outside: Sequence[Op] = ()
    trained: nn.Module | None = None
    optimizer: optim.Optimizer | None = None
    logged: dict[str, list[float]] = field(default_factory=dict)
    error: str = ""
    error_where: str = ""
    ended_early: bool = False
    notes: list[str] = field(default_factory=list)
    kept_losses: float = 0.0
    kept_evaluations: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    def restart(self) -> None:
        """Forget the training so far: another phase begins."""
        self.steps, self.losses, self.evaluations = [], [], []
        self.forward, self.outside = None, ()
        note = "the program trains in phases: the last one was diagnosed"
        if note not in self.notes:
            self.notes.append(note)

"""The program under test, as probes and interventions see it: one protocol, several adapters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from torch import Tensor, nn, optim

Batch = Any  # Whatever the program's own loaders yield: a tensor, a tuple, a dict.


@dataclass(frozen=True)
class Task:
    """What the program is trained to predict.

    Attributes:
        kind: The form of the target.
        classes: Number of classes (or of labels, if multilabel); None for regression.
    """

    kind: Literal["classification", "binary", "multilabel", "regression", "other"]
    classes: int | None = None


@dataclass(frozen=True)
class LossCall:
    """One call of a loss of torch.nn.functional, seen while a step ran.

    Attributes:
        name: Function name, such as "cross_entropy".
        input: What was passed as prediction, with its graph.
        target: What was passed as target.
        options: The remaining arguments (reduction, weight, label_smoothing, ...).
        value: What the loss returned.
        where: "file:line" of the caller, or "" if unknown.
    """

    name: str
    input: Tensor
    target: Tensor
    options: dict[str, Any]
    value: Tensor
    where: str = ""


@dataclass(frozen=True)
class Step:
    """What one training or validation step did to one batch, before any backward pass.

    Attributes:
        loss: Scalar loss, with its graph when gradients are on.
        inputs: The tensor that entered the model's forward, None if it took none.
        output: The tensor that the model's forward returned, None if it returned none.
        target: The targets of the batch, None if none were recognised.
        calls: Losses of torch.nn.functional that ran, in order.
    """

    loss: Tensor
    inputs: Tensor | None
    output: Tensor | None
    target: Tensor | None
    calls: Sequence[LossCall] = field(default_factory=tuple)

    def detached(self) -> "Step":
        """Return the step without its graph."""
        calls = [replace(c, input=c.input.detach(), value=c.value.detach()) for c in self.calls]
        output = None if self.output is None else self.output.detach()
        return replace(self, loss=self.loss.detach(), output=output, calls=calls)


class Subject(Protocol):
    """A training program that probes can run piece by piece.

    A probe works on `fork()`s, so that it leaves no trace. `step` runs the user's own code.
    """

    model: nn.Module
    task: Task

    def fork(self) -> "Subject":
        """Return a deep copy: same weights, buffers and data, nothing shared that can change."""
        ...

    def batches(self, split: Literal["train", "val"], limit: int | None = None) -> Iterator[Batch]:
        """Yield the split's batches in the program's own order, at most `limit` of them."""
        ...

    def step(self, batch: Batch, *, train: bool = True) -> Step:
        """Run the program's training step (or validation step) on one batch; no backward pass."""
        ...

    def optimizers(self) -> list[optim.Optimizer]:
        """Return the optimisers as the program configures them, built for this copy's model."""
        ...

    def with_inputs(self, batch: Batch, inputs: Tensor) -> Batch:
        """Return the batch with its input tensor replaced."""
        ...

    def inputs_of(self, batch: Batch) -> Tensor:
        """Return the batch's input tensor."""
        ...

    def targets_of(self, batch: Batch) -> Tensor | None:
        """Return the batch's targets, None if none are recognised."""
        ...

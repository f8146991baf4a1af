"""Faults of the loss that need more than a setting of it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from startsimple.program.faults.injector import Injector
from startsimple.program.losses import Loss


class NllOfLogits(Injector):
    """M05: a loss that expects log-probabilities is given logits."""

    task = "classification"

    def loss(self, loss: Loss) -> Loss:
        """Replace the loss."""
        return lambda logits, targets: functional.nll_loss(logits, targets)


class SquaredIndex(Injector):
    """M06: squared error between the first output and the index of the class."""

    task = "classification"

    def loss(self, loss: Loss) -> Loss:
        """Replace the loss."""
        return lambda logits, targets: functional.mse_loss(logits[:, 0], targets.float())


class OwnSoftmax(Injector):
    """M09: cross-entropy written by hand, whose exponentials overflow.

    Args:
        temperature: What logits are divided by.
    """

    task = "classification"

    def __init__(self, temperature: float = 0.01) -> None:
        self.temperature = temperature

    def loss(self, loss: Loss) -> Loss:
        """Replace the loss."""
        temperature = self.temperature

        def unstable(logits: Tensor, targets: Tensor) -> Tensor:
            exponentials = torch.exp(logits / temperature)
            chances = exponentials / exponentials.sum(1, keepdim=True)
            return -torch.log(chances.gather(1, targets[:, None])).mean()

        return unstable


class Detached(Injector):
    """O07: the loss is wrapped anew from its value, so that nothing leads back to the model."""

    def loss(self, loss: Loss) -> Loss:
        """Cut the graph."""
        return lambda logits, targets: loss(logits, targets).detach().requires_grad_()


class KeptGraphs(Injector):
    """O09: every loss is put on a list with its graph, and not its value."""

    def loss(self, loss: Loss) -> Loss:
        """Remember every loss."""
        return Remembering(loss)


class Remembering:
    """A loss that keeps what it returned.

    Args:
        loss: Computes it.

    Attributes:
        kept: All that it returned, oldest first.
    """

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.inner, self.kept = loss, list[Tensor]()

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the loss."""
        value = self.inner(logits, targets)
        self.kept.append(value)
        return value

    def __deepcopy__(self, memo: Any) -> "Remembering":
        """Return a copy that has seen nothing, as tensors with a graph cannot be copied."""
        return Remembering(self.inner)

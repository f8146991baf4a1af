"""Evaluation over a whole set, in evaluation mode, with exact counts."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from startsimple.program.metric import metric_for


@dataclass(frozen=True)
class Scores:
    """Mean loss and metric over a set of n examples; a regression's is its explained variance."""

    loss: float
    accuracy: float
    n: int


def predict(model: nn.Module, x: Tensor, batch_size: int = 1024) -> Tensor:
    """Return the logits of every example, in evaluation mode and without gradients.

    Args:
        model: Network; left in evaluation mode.
        x: Inputs, shape (n, ...).
        batch_size: Examples per forward pass; does not change the result beyond rounding.

    Returns:
        Logits, shape (n, outputs).
    """
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part) for part in x.split(batch_size)])


def evaluate(
    model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor
) -> Scores:
    """Score a model on a whole set (P-13: full set, no smoothing, no averaging of batches).

    Args:
        model: Network that emits logits.
        loss: Called once with all logits and targets.
        x: Inputs, shape (n, ...).
        y: Targets, shape (n,).

    Returns:
        The loss as the loss function reduces it, and the metric of the task.
    """
    logits = predict(model, x)
    with torch.no_grad():
        value = float(loss(logits, y))
    return Scores(value, float(correct(logits, y).mean()), len(y))


def correct(logits: Tensor, y: Tensor) -> Tensor:
    """Return how right each example is, shape (n,) float32; the mean is the task's metric.

    Args:
        logits: Outputs, shape (n, outputs).
        y: Targets, shape (n,); a class is right or not (1 or 0), and a number earns 1 minus its
            squared error in units of the training targets' variance.
    """
    return metric_for(y).of_examples(logits, y)

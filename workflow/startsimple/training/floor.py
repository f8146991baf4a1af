"""The smallest loss that a batch allows, and what a model without inputs would reach."""

import math
import statistics
from collections.abc import Sequence

import torch
from torch import Tensor


def cross_entropy_floor(x: Tensor, y: Tensor, classes: int, label_smoothing: float = 0.0) -> float:
    """Compute the floor of cross-entropy on one batch (O-03).

    Equal inputs must get equal outputs, so conflicting labels leave the entropy of their mixture;
    smoothed labels leave their own entropy.

    Args:
        x: Inputs, shape (n, ...).
        y: Class indices, shape (n,).
        classes: Number of classes.
        label_smoothing: Share of each label spread over all classes.

    Returns:
        The mean floor per example, in nats; 0 for hard labels without conflicts.
    """
    total = 0.0
    for labels in _groups(x, y):
        counts = torch.bincount(torch.tensor(labels), minlength=classes).double()
        mixture = counts / counts.sum() * (1 - label_smoothing) + label_smoothing / classes
        total += len(labels) * entropy(mixture.tolist())
    return total / len(y)


def squared_error_floor(x: Tensor, y: Tensor) -> float:
    """Compute the floor of the mean squared error on one batch (O-03).

    Args:
        x: Inputs, shape (n, ...).
        y: Targets, shape (n,).

    Returns:
        The mean variance that targets of equal inputs leave; 0 without such conflicts.
    """
    groups = _groups(x, y)
    left = sum(len(same) * statistics.pvariance(same) for same in groups if len(same) > 1)
    return left / len(y)


def _groups(x: Tensor, y: Tensor) -> list[list[float]]:
    """Return the targets of examples whose inputs are equal, group by group."""
    groups: dict[bytes, list[float]] = {}
    for row, target in zip(x.flatten(1).cpu().numpy(), y.tolist(), strict=True):
        groups.setdefault(row.tobytes(), []).append(target)
    return list(groups.values())


def entropy(probabilities: Sequence[float]) -> float:
    """Return the entropy of a distribution in nats."""
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def label_entropy(y: Tensor) -> float:
    """Return the entropy of the label histogram in nats: the loss of a constant prediction."""
    counts = torch.bincount(y).double()
    return entropy((counts / counts.sum()).tolist())

"""What targets say on their own: where outputs should start, weights of classes, easy ones."""

from collections.abc import Sequence

import torch
from torch import Tensor

from startsimple.diagnosis.objective import labels_of
from startsimple.diagnosis.setup import SEED
from startsimple.program.subject import Task


def class_counts(targets: Sequence[Tensor], task: Task) -> Tensor:
    """Return the rows of each class, (classes,), at least one half each."""
    labels = torch.cat([labels_of(t, task).reshape(-1) for t in targets]).clamp(min=0)
    return torch.bincount(labels, minlength=task.classes or 2).float().clamp(min=0.5)


def prior(targets: Sequence[Tensor], task: Task) -> Tensor:
    """Return the constant outputs that fit the targets best (P-02).

    Args:
        targets: The training targets, batch by batch.
        task: What is predicted.

    Returns:
        Means for regression, else logits of the classes' frequencies.
    """
    if task.kind == "classification":
        counts = class_counts(targets, task)
        return (counts / counts.sum()).log()
    mean = torch.cat([t.float().reshape(len(t), -1) for t in targets]).mean(0)
    return mean if task.kind == "regression" else torch.logit(mean, eps=1e-3)


def separable(inputs: Tensor, target: Tensor, task: Task) -> Tensor:
    """Return targets of the same form that are a linear function of the inputs (S-03).

    Args:
        inputs: A batch's inputs.
        target: The batch's own targets, for their form.
        task: What is predicted.

    Returns:
        Classes, labels or values; the same inputs always get the same ones.
    """
    flat = inputs.float().reshape(len(inputs), -1)
    columns = (task.classes or 2) if task.kind == "classification" else target[0].numel()
    generator = torch.Generator().manual_seed(SEED)
    scores = flat @ torch.randn(flat.shape[1], columns, generator=generator) / flat.shape[1] ** 0.5
    if task.kind == "classification":
        return scores.argmax(1).reshape(target.shape) if target.ndim == 1 else scores.argmax(1)
    if task.kind == "regression":
        return scores.reshape(target.shape).to(target.dtype)
    return (scores > scores.median()).reshape(target.shape).to(target.dtype)

"""Infer from outputs and targets what a program is trained to predict."""

import torch
from torch import Tensor

from startsimple.program.subject import Task

FEW_LABELS = 20


def infer_task(output: Tensor | None, target: Tensor | None, loss: str = "") -> Task:
    """Say what form the target has.

    Args:
        output: What the model returned for one batch, or None.
        target: The batch's targets, or None.
        loss: Name of the loss of torch.nn.functional that ran, or "".

    Returns:
        The task; kind "other" if output or target is unknown.
    """
    if output is None or target is None or not target.numel():
        return Task("other")
    if loss in ("cross_entropy", "nll_loss") and not _several_labels(output, target):
        axis = 1 if output.ndim > 1 else 0
        return Task("classification", output.shape[axis])
    values = torch.unique(target.detach()[:4096].float())
    whole = bool((values == values.round()).all())
    zero_one = whole and bool(((values == 0) | (values == 1)).all())
    columns = target.shape[1] if target.ndim == 2 else 1
    if zero_one and target.ndim > 2 and target.shape[1:] == output.shape[1:]:
        return Task("multilabel", target[0].numel())  # One label a pixel or position.
    if zero_one and columns > 1:
        one_hot = bool((target.float().sum(1) == 1).all()) and len(target) > 1
        return Task("classification" if one_hot else "multilabel", columns)
    integer = not target.is_floating_point()
    if target.ndim <= 1 and output.ndim == 2 and output.shape[1] > 1 and integer:
        return Task("classification", output.shape[1])
    if zero_one and columns == 1 and target.ndim <= 2:
        return Task("binary", 2)
    if integer and whole and len(values) <= FEW_LABELS and target.ndim <= 2:
        return Task("classification", int(values.max()) + 1)
    return Task("regression")


def _several_labels(output: Tensor, target: Tensor) -> bool:
    """Return whether every output has a label of its own: zeros and ones, not one a row."""
    if target.shape[1:] != output.shape[1:] or target.ndim != 2 or not target.is_floating_point():
        return False
    zero_one = bool(((target == 0) | (target == 1)).all())
    return zero_one and bool((target.sum(1) != 1).any())

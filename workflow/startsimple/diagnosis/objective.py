"""The known-good loss of each task, and one score that any two training runs can be compared by."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from startsimple.program.subject import Task

ROWS_SCORED = 4000


def flat_logits(output: Tensor, task: Task) -> Tensor:
    """Bring classification outputs to (rows, classes); sequences become one row per position."""
    if output.ndim <= 2:
        return output.reshape(len(output), -1) if output.ndim == 2 else output.reshape(-1, 1)
    classes = task.classes or 1
    if output.shape[-1] == classes:
        return output.reshape(-1, classes)
    if output.shape[1] == classes:
        return output.movedim(1, -1).reshape(-1, classes)
    return output.reshape(len(output), -1)


def labels_of(target: Tensor, task: Task) -> Tensor:
    """Return class indices, (rows,), from indices, columns of one or one-hot rows."""
    columns = target.ndim == 2 and target.shape[1] == task.classes and target.shape[1] > 1
    if columns:
        return target.argmax(1)
    return target.reshape(-1).long()


def together(
    outputs: Sequence[Tensor], targets: Sequence[Tensor], task: Task
) -> tuple[Tensor, Tensor]:
    """Join batches into one; position by position where sequences differ in length.

    Args:
        outputs: Outputs of each batch.
        targets: Their targets.
        task: What is predicted.

    Returns:
        All outputs and all targets.
    """
    if all(len({t.shape[1:] for t in column}) == 1 for column in (outputs, targets)):
        return torch.cat(list(outputs)), torch.cat(list(targets))
    if task.kind == "classification":
        logits = [flat_logits(output, task) for output in outputs]
        return torch.cat(logits), torch.cat([labels_of(t, task) for t in targets])
    flat = [[t.reshape(-1) for t in column] for column in (outputs, targets)]
    return torch.cat(flat[0]), torch.cat(flat[1])


def known_good_loss(
    output: Tensor, target: Tensor, task: Task, weights: Tensor | None = None
) -> Tensor:
    """Return the standard loss of a task on raw outputs (logits).

    Args:
        output: Raw outputs of the model, before any last activation.
        target: Targets as the program holds them.
        task: What is predicted.
        weights: Weights of the classes, (classes,), or None.

    Returns:
        Mean cross-entropy, mean binary cross-entropy or mean squared error.

    Raises:
        ValueError: If the output has no shape that fits the target.
    """
    if task.kind == "classification":
        labels, logits = labels_of(target, task), flat_logits(output, task)
        if len(logits) != len(labels) or (task.classes or 0) > logits.shape[1]:
            raise ValueError(f"output {tuple(output.shape)} cannot tell {task.classes} classes")
        return functional.cross_entropy(logits, labels, weight=weights)
    if output.numel() != target.numel() and task.kind == "binary" and output.ndim == 2:
        return functional.cross_entropy(output, target.reshape(-1).long(), weight=weights)
    if output.numel() != target.numel():
        raise ValueError(f"output {tuple(output.shape)} does not fit {tuple(target.shape)}")
    goal = target.reshape(output.shape).to(output.dtype)
    if task.kind in ("binary", "multilabel"):
        positive = weights[1] / weights[0] if weights is not None and len(weights) == 2 else None
        return functional.binary_cross_entropy_with_logits(output, goal, pos_weight=positive)
    return functional.mse_loss(output, goal)


def skill(output: Tensor, target: Tensor, task: Task, *, probabilities: bool = False) -> float:
    """Score predictions between chance (0) and perfect (1), whatever the loss was.

    Args:
        output: Outputs for all rows.
        target: Their targets.
        task: What is predicted.
        probabilities: Whether two-way outputs are probabilities, so that they are cut at 0.5.

    Returns:
        Accuracy above the most frequent answer, over what remains above it; for regression the
        coefficient of determination. At least -1; -1 if an output is not finite, NaN if the
        output has no shape that can be compared with the target.
    """
    if not bool(torch.isfinite(output).all()):
        return -1.0
    if task.kind == "classification":
        labels, logits = labels_of(target, task), flat_logits(output, task)
        if len(labels) != len(logits):
            return math.nan
        counted = labels >= 0  # Losses pass over labels below zero.
        labels, logits = labels[counted], logits[counted]
        guess = logits.argmax(1) if logits.shape[1] > 1 else logits.reshape(-1).round().long()
        chance = float(torch.bincount(labels).max()) / len(labels)
        return _class_skill(guess, labels, chance)
    if task.kind in ("binary", "multilabel"):
        if output.numel() != target.numel():
            guess = output.argmax(1) if output.ndim == 2 else output
        else:
            cut = 0.5 if probabilities else 0.0
            guess = (output.reshape(target.shape) > cut).long()
        if guess.numel() != target.numel():
            return math.nan
        truth = target.long().reshape(len(target), -1)
        hits = float((guess.reshape(truth.shape) == truth).float().mean())
        share = truth.float().mean(0)
        if truth.shape[1] == 1:
            chance = float(torch.maximum(share, 1 - share).mean())
            return _class_skill(guess.reshape(-1), truth.reshape(-1), chance)
        return _above_chance(hits, float(torch.maximum(share, 1 - share).mean()))
    if output.numel() != target.numel():
        return math.nan
    goal = target.double().reshape(len(target), -1)
    guess = output.double().reshape(goal.shape)
    spread = ((goal - goal.mean(0)) ** 2).sum()
    if float(spread) == 0:
        return 0.0
    return max(-1.0, 1.0 - float(((guess - goal) ** 2).sum() / spread))


def _class_skill(guess: Tensor, truth: Tensor, chance: float) -> float:
    """Return the better of accuracy and mean recall above chance: weighted losses aim at recall."""
    plain = _above_chance(float((guess == truth).float().mean()), chance)
    kinds = truth.unique()
    recall = torch.stack([(guess[truth == k] == k).float().mean() for k in kinds]).mean()
    return max(plain, _above_chance(float(recall), 1 / max(len(kinds), 1)))


def _above_chance(hits: float, chance: float) -> float:
    return max(-1.0, (hits - chance) / (1 - chance)) if chance < 1 else 0.0


def predicted_and_true(
    output: Tensor, target: Tensor, task: Task, *, probabilities: bool
) -> tuple[Tensor, Tensor] | None:
    """Return predicted and true class indices, (rows,), or None if the shapes do not fit."""
    if task.kind == "classification":
        logits, truth = flat_logits(output, task), labels_of(target, task)
        guess = logits.argmax(1) if logits.shape[1] > 1 else logits.reshape(-1).round().long()
    elif output.numel() == target.numel():
        guess = (output.reshape(-1) > (0.5 if probabilities else 0.0)).long()
        truth = target.reshape(-1).long()
    elif output.ndim == 2:
        guess, truth = output.argmax(1), target.reshape(-1).long()
    else:
        return None
    return (guess, truth) if len(guess) == len(truth) else None

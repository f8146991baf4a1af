"""Evaluation passes of a script as batches that its step can be played on."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from startsimple.program.rows import hash_row
from startsimple.program.spy import tensors_in
from startsimple.program.tape import Call, is_part
from startsimple.program.trace import Evaluation

# From this share of training rows on, an evaluation pass scores the training set.
TRAINING_ROWS = 0.95
MANY = 50


@dataclass(frozen=True)
class TapeBatch:
    """The tensors of one training step: what entered the model, and what the loss compared."""

    inputs: tuple[Tensor, ...]
    targets: tuple[Tensor, ...]


def same_work(seen: Evaluation, modules: Sequence[nn.Module], calls: Sequence[Call]) -> bool:
    """Return whether an evaluation asks what the step asks, not a module around it.

    A module that scales what enters takes other inputs than the one inside of it that is trained.
    Whether it hands them on as they came, and the answer back, does not depend on the weights,
    which have moved on since.
    """
    owner = modules[seen.module]
    trained = [modules[call.module] for call in calls]
    inside = [m for m in trained if m is not owner and is_part(m, [owner, m])]
    if owner in trained or not inside:
        return True
    around, within = copy.deepcopy((owner, inside[-1]))
    passed: list[tuple[list[Tensor], list[Tensor]]] = []

    def keep(_: nn.Module, entered: tuple[Any, ...], left: Any) -> None:
        passed.append((tensors_in(entered), tensors_in(left)))

    within.register_forward_hook(keep)
    try:
        with torch.no_grad():
            out = tensors_in(around.eval()(*seen.arguments))
    except (RuntimeError, TypeError, ValueError):
        return False
    return any(
        _equal(entered, seen.arguments) and _equal(left[:1], out[:1]) for entered, left in passed
    )


def _equal(ones: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    """Return whether tensors hold the same numbers in the same order, whatever their shapes."""
    return len(ones) == len(others) and all(
        a.numel() == b.numel() and torch.allclose(a.reshape(-1).double(), b.reshape(-1).double())
        for a, b in zip(ones, others, strict=True)
    )


def validation_batches(passes: Sequence[Evaluation], train: Sequence[TapeBatch]) -> list[TapeBatch]:
    """Return evaluation passes as batches that the step can be played on; none if they differ.

    A step that compares several tensors of one kind, as mixed labels, gets the target for each.
    Passes over the training rows are left out where there are others.
    """
    like = train[0]
    if not like.inputs:
        return []
    kinds = {(t.shape[1:], t.dtype) for t in like.targets}
    if len(kinds) > 1 or any(len(e.arguments) != len(like.inputs) for e in passes):
        return []
    passes = _once(passes)
    known = {hash_row(row) for batch in train for row in batch.inputs[0]}
    other = [e for e in passes if _share(e.arguments[0], known) < TRAINING_ROWS]
    return [
        TapeBatch(e.arguments, _goals(e, train))
        for e in other or passes
        if e.target is not None or not like.targets
    ]


def _once(passes: Sequence[Evaluation]) -> list[Evaluation]:
    """Return passes without those that ask the same again, as for a last line after the loop."""
    kept = list[Evaluation]()
    for seen in passes:
        if not any(_equal(seen.arguments, one.arguments) for one in kept):
            kept.append(seen)
    return kept


def _goals(seen: Evaluation, train: Sequence[TapeBatch]) -> tuple[Tensor, ...]:
    """Return what a pass was compared with, once for each target of a training step."""
    if seen.target is None or not train[0].targets:
        return ()
    target = _shaped(_alike(seen.target, seen.met, train), train[0])
    return (target,) * len(train[0].targets)


def _shaped(target: Tensor, like: TapeBatch) -> Tensor:
    """Return a target in the shape that those of training have, if only axes of one row differ."""
    if not like.targets or not target.ndim or target.shape[1:] == like.targets[0].shape[1:]:
        return target
    shape = (len(target), *like.targets[0].shape[1:])
    return target.reshape(shape) if target.numel() == math.prod(shape) else target


def _alike(target: Tensor, met: Sequence[Tensor], train: Sequence[TapeBatch]) -> Tensor:
    """Return which of the tensors that an output met is most like the targets of training."""
    if len(met) < 2 or not train[0].targets or not target.is_floating_point():
        return target
    known = torch.cat([b.targets[0].float().reshape(-1) for b in train[:MANY]])
    usable = [t for t in met if t.shape == target.shape and t.is_floating_point()]
    return min(usable, key=lambda t: _apart(t.float().reshape(-1), known), default=target)


def _apart(one: Tensor, other: Tensor) -> float:
    """Return by how much two sets of numbers differ, in place and in spread."""
    spreads = [float(t.std()) + 1e-12 for t in (one, other)]
    return abs(float(one.mean() - other.mean())) / spreads[1] + abs(
        math.log(spreads[0] / spreads[1])
    )


def _share(rows: Tensor, known: set[int]) -> float:
    """Return the share of rows that are known."""
    return sum(hash_row(row) in known for row in rows) / max(len(rows), 1)

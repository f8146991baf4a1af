"""What outputs mean under a loss written by hand: estimates of the targets, or something else."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.experiment import GOOD, GOOD_RATES
from startsimple.diagnosis.objective import skill, together
from startsimple.diagnosis.setup import SEED
from startsimple.program.seeded import seeded
from startsimple.program.subject import Task

KNOWS = 0.7
CHANCE = 0.25
# Outputs are moved from the targets by this share of the targets' spread, in so many directions.
ASIDE = 0.01
DIRECTIONS = 6
# Two losses are one up to the rounding of single precision.
SAME = 1e-6
# What is summed in another order differs by more.
ROUNDED = 1e-4


def distrust(case: Case) -> None:
    """Take the task for unknown where our score cannot say how well the program answers.

    A loss written by hand does not say what the outputs mean: a distance, a margin, a rank, the
    logarithm of a rate. That is so where the program's own metric contradicts our score, where
    the outputs are no estimates of the targets and yet order them as well as good estimates do,
    or where the loss sees of the labels only which rows share one.
    """
    if case.first.calls:
        return
    if case.program.task.kind == "classification" and _blind_to_names(case):
        _forget(case)
        return
    shares = [v[-1] for name, v in case.trace.logged.items() if v and "acc" in name.lower()]
    shares.append(answered(case))
    told = KNOWS < max(shares) <= 1 and case.observed.score < CHANCE
    values = case.program.task.kind == "regression"
    if told or (values and (_only_orders(case) or _in_other_units(case))):
        _forget(case)


def _forget(case: Case) -> None:
    case.program.task = Task("other")
    case.notes.append("what the outputs mean could not be told: nothing was swapped")


def _blind_to_names(case: Case) -> bool:
    """Whether the loss stays the same when all classes trade their numbers: outputs are codes.

    It must change when rows trade their labels, or it sees nothing of them at all.
    """
    batch = case.lab.train[0]
    labels = case.program.targets_of(batch)
    if labels is None or labels.is_floating_point() or labels.dtype is torch.bool:
        return False
    kinds = labels.unique()
    if len(kinds) < 2:
        return False
    turned = kinds.roll(1)[torch.searchsorted(kinds, labels)]
    twin = case.program.fork()
    twin.model.eval()
    losses = list[float]()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SEED))
    for goal in (labels, turned, labels[order]):
        with torch.no_grad(), seeded(SEED):
            losses.append(float(twin.step(twin.with_targets(batch, goal)).loss))
    same = partial(math.isclose, losses[0], rel_tol=SAME)
    return same(losses[1]) and not same(losses[2])


def answered(case: Case) -> float:
    """Return the score of the answers that the program itself last gave in evaluation; 0 if none.

    They are what it reports, while a copy of a step with several networks may answer otherwise.
    """
    passes = [e for e in case.trace.evaluations if e.step and e.target is not None]
    last = [e for e in passes if e.step == passes[-1].step]
    outputs = [e.output for e in last if e.output is not None]
    targets = [e.target for e in last if e.output is not None and e.target is not None]
    try:
        score = skill(*together(outputs, targets, case.program.task), case.program.task)
    except (IndexError, RuntimeError, ValueError):
        return 0.0
    return 0.0 if math.isnan(score) else score


def _in_other_units(case: Case) -> bool:
    """Whether outputs that the loss does not lead to the targets order them well all the same."""
    if case.trained is None or extreme_at_targets(case):
        return False
    order = _order(case)
    if order is not None and math.isnan(order):  # Outputs that are no numbers cannot say.
        return True
    known = max(case.lab.run(replace(GOOD, adam=rate)).score for rate in GOOD_RATES)
    return order is not None and order**2 > KNOWS * max(known, CHANCE)


def extreme_at_targets(case: Case) -> bool:
    """Say whether the loss has an extreme where the outputs equal the targets.

    An extreme, not a minimum: a loss with the wrong sign is led away from the same place. Where
    outputs cannot be replaced by targets, the answer is yes.
    """
    twin, batch = case.program.fork(), case.lab.train[0]
    twin.model.eval()
    target = twin.targets_of(batch)
    if target is None or not target.is_floating_point() or target.numel() < 2:
        return True
    shown, replaced = [target], list[bool]()

    def answer(_: nn.Module, __: Any, out: Any) -> Any:
        replaced.append(isinstance(out, Tensor) and out.numel() == target.numel())
        return shown[0].reshape(out.shape).to(out.dtype) if replaced[-1] else None

    handle = twin.entries()[0].register_forward_hook(answer)
    generator = torch.Generator().manual_seed(SEED)
    step = ASIDE * float(target.double().std())

    def loss(moved: Tensor) -> float:
        shown[0] = moved
        with torch.no_grad(), seeded(SEED):
            return float(twin.step(batch).loss)

    try:
        middle, same = loss(target), 0
        for _ in range(DIRECTIONS):
            way = step * torch.randn(target.shape, generator=generator).to(target.dtype)
            same += (loss(target + way) - middle) * (loss(target - way) - middle) > 0
    finally:
        handle.remove()
    return not all(replaced) or 2 * same > DIRECTIONS


def _only_orders(case: Case) -> bool:
    """Whether the loss stays the same when all outputs rise alike, as one on ranks or risks does.

    It must change when they move each its own way, or it sees nothing of them at all.
    """
    twin, batch = case.program.fork(), case.lab.train[0]
    twin.model.eval()
    seen = list[bool]()

    def moved(_: nn.Module, __: Any, out: Any) -> Any:
        seen.append(isinstance(out, Tensor) and out.is_floating_point())
        return out + changes[0](out) if seen[-1] else None

    changes = [torch.zeros_like, torch.ones_like, _noise]
    handle = twin.entries()[0].register_forward_hook(moved)
    losses = list[float]()
    try:
        while changes:
            with torch.no_grad(), seeded(SEED):
                losses.append(float(twin.step(batch).loss))
            changes.pop(0)
    finally:
        handle.remove()
    same = partial(math.isclose, losses[0], rel_tol=ROUNDED)
    return all(seen) and same(losses[1]) and not same(losses[2])


def _noise(out: Tensor) -> Tensor:
    return torch.randn(out.shape, generator=torch.Generator().manual_seed(SEED)).to(out.dtype)


def _order(case: Case) -> float | None:
    """Return how well the trained outputs order the held-out targets: Spearman's correlation.

    NaN if an output is not finite, 0 if all are equal, None if the shapes do not fit.
    """
    from scipy import stats

    assert case.trained is not None
    twin = case.trained.fork()
    twin.model.eval()
    pairs = list[tuple[Tensor, Tensor]]()
    with torch.no_grad(), seeded(SEED):
        for batch in case.lab.held or case.lab.train:
            output, target = twin.pair(batch)
            if output is None or target is None or output.numel() != target.numel():
                return None
            pairs.append((output.reshape(-1), target.reshape(-1)))
    outputs, targets = (torch.cat(column).double().numpy() for column in zip(*pairs, strict=True))
    if not np.isfinite(outputs).all():
        return math.nan
    if outputs.std() == 0 or targets.std() == 0:
        return 0.0
    found: Any = stats.spearmanr(outputs, targets)
    return float(found.statistic)

"""Faults of the training loop, at the optimiser: clearing, stepping, clipping, scheduling."""

from typing import Any

import torch
from torch import nn, optim

from startsimple.program.faults.injector import Injector


class KeptGradients(Injector):
    """O04: gradients are never cleared."""

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """Make `zero_grad` do nothing."""
        optimizer.zero_grad = _keep_gradients
        return optimizer


class ClearedBeforeStep(Injector):
    """O05: gradients are cleared between the backward pass and the step."""

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """Clear them as the first thing of every step."""
        optimizer.register_step_pre_hook(_clear)
        return optimizer


class TightClip(Injector):
    """O11: gradients are clipped far below their usual norm.

    Args:
        norm: Largest norm that is left.
    """

    def __init__(self, norm: float = 1e-4) -> None:
        self.norm = norm

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """Clip before every step."""
        norm = self.norm

        def clip(stepping: optim.Optimizer, args: Any, kwargs: Any) -> None:
            nn.utils.clip_grad_norm_([p for g in stepping.param_groups for p in g["params"]], norm)

        optimizer.register_step_pre_hook(clip)
        return optimizer


class DecayEveryStep(Injector):
    """O10: a decay that is meant for epochs is applied at every step.

    Args:
        factor: What is left of the learning rate after each.
    """

    def __init__(self, factor: float = 0.95) -> None:
        self.factor = factor

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """Shrink the rate of the step that comes, and leave the schedule's own rate in place."""
        return _as(optimizer, Decaying, left=1.0, factor=self.factor)


class Unscaled(Injector):
    """O12: gradients of several batches are added up, and not averaged.

    Args:
        batches: Batches a step.
    """

    def __init__(self, batches: int = 8) -> None:
        self.batches = batches

    def optimizer(self, optimizer: optim.Optimizer) -> optim.Optimizer:
        """Take every so manieth step only, and clear after it only."""
        return _as(optimizer, Accumulating, seen=0, batches=self.batches)


class Decaying:
    """Mixed into an optimiser: each step has a smaller rate than the one before."""

    left: float
    factor: float
    param_groups: list[dict[str, Any]]

    def step(self, closure: Any = None) -> Any:
        """Take one step, at the rate that is left."""
        rates = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            group["lr"] *= self.left
        self.left *= self.factor
        result = super().step(closure)  # pyright: ignore[reportAttributeAccessIssue]
        for group, rate in zip(self.param_groups, rates, strict=True):
            group["lr"] = rate
        return result


class Accumulating:
    """Mixed into an optimiser: it steps and clears once in several batches."""

    seen: int
    batches: int

    def step(self, closure: Any = None) -> Any:
        """Take a step if enough batches were seen."""
        self.seen += 1
        if self.seen % self.batches:
            return None
        return super().step(closure)  # pyright: ignore[reportAttributeAccessIssue]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear if a step was just taken."""
        if self.seen % self.batches == 0:
            super().zero_grad(set_to_none)  # pyright: ignore[reportAttributeAccessIssue]


def _as(optimizer: optim.Optimizer, mixin: type, **state: Any) -> optim.Optimizer:
    """Give an optimiser the behaviour of a mixin, with its state."""
    own = type(optimizer)
    optimizer.__class__ = type(own.__name__, (mixin, own), {})
    optimizer.__dict__.update(state)
    return optimizer


def _keep_gradients(set_to_none: bool = True) -> None:
    """Leave the gradients where they are."""


@torch.no_grad()
def _clear(optimizer: optim.Optimizer, args: Any, kwargs: Any) -> None:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                parameter.grad.zero_()

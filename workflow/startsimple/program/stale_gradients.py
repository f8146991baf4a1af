"""Tell gradients that a backward pass adds to used ones from gradients that were cleared first."""

import weakref
from dataclasses import dataclass

from torch import Tensor, optim

FOLLOWED = 3


@dataclass
class _Used:
    """A gradient that a step has used: the parameter, the gradient, and its version then."""

    parameter: Tensor
    gradient: weakref.ref[Tensor]
    version: int

    def unchanged(self) -> bool:
        """Whether the parameter still holds this gradient, and nothing has written to it."""
        held = self.parameter.grad
        return held is not None and held is self.gradient() and held._version == self.version


class StaleGradients:
    """Follows a few gradients of every optimiser from its step to the next backward passes.

    Gradients of several backward passes before one step are accumulation, and gradients that
    another loss leaves behind are cleared in time by their own optimiser's turn: only what reaches
    the next step of the same optimiser without being cleared is stale (R-05).
    """

    def __init__(self) -> None:
        self._used: dict[int, list[_Used]] = {}
        self._passed: dict[int, bool] = {}

    def stepped(self, optimizer: optim.Optimizer) -> None:
        """Note the gradients that a step has just used."""
        marks = list[_Used]()
        for parameter in (p for group in optimizer.param_groups for p in group["params"]):
            grad = parameter.grad
            if grad is None or grad.is_sparse or not bool(grad.any()):
                continue
            marks.append(_Used(parameter, weakref.ref(grad), grad._version))
            if len(marks) == FOLLOWED:
                break
        self._used[id(optimizer)], self._passed[id(optimizer)] = marks, False

    def before_backward(self) -> None:
        """Forget the gradients that were cleared since the last look."""
        for key, marks in self._used.items():
            self._used[key] = [mark for mark in marks if mark.unchanged()]

    def after_backward(self) -> None:
        """Follow the gradients that the pass has added to."""
        for key, marks in self._used.items():
            for mark in marks:
                held = mark.gradient()
                mark.version = held._version if held is not None else -1
            self._passed[key] = True

    def reaches(self, optimizer: optim.Optimizer) -> bool:
        """Return whether the step about to be made uses gradients of the step before."""
        key = id(optimizer)
        return self._passed.get(key, False) and bool(self._used.get(key))

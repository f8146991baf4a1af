"""Forward passes that no training step follows: what came in, what came out, what it met."""

import weakref
from collections.abc import Sequence
from itertools import islice

from torch import Tensor

from startsimple.program.joined import Passes, all_met_by
from startsimple.program.loss_graph import FEWEST, MOST_WATCHED
from startsimple.program.spy import Op, detacher, tensors_in
from startsimple.program.trace import Evaluation, Trace

# Everything of the first passes, and a window over the last ones.
MOST_KEPT = 400
MOST_MET = 6


class EvaluationLog:
    """Follows the pass that ran last until another one starts, or a training step uses it."""

    def __init__(self) -> None:
        self._last: Evaluation | None = None
        self._watched = False
        self._open: list[list[weakref.ref[Tensor]]] = []
        self._peak = 0.0
        self._passes = Passes()

    def begin(
        self,
        inputs: Sequence[Tensor],
        output: Tensor | None,
        *,
        training: bool,
        grad: bool,
        step: int,
        module: int = 0,
    ) -> None:
        """Note a forward pass.

        Args:
            inputs: What entered the model.
            output: First tensor that came out.
            training: Whether the model was in training mode.
            grad: Whether gradients were on.
            step: Optimiser steps taken before.
            module: Place of the model among those that were called.
        """
        first = inputs[0] if inputs else None
        self._last = Evaluation(first, output, None, training, grad, step)
        self._last.arguments, self._last.module = tuple(inputs), module
        self._watched = grad and not training and len(self._open) < MOST_WATCHED
        if self._watched:
            self._open.append([weakref.ref(t) for t in tensors_in(output)])
            self._peak = max(self._peak, self._alive())

    def note(self, op: Op) -> None:
        """Note a function called after the pass."""
        if self._last is not None:
            self._last.ops.append(op)
            if self._watched:  # What was made of the output holds its graph as well.
                self._open[-1] += [weakref.ref(t) for t in tensors_in(op.out)]

    def drop(self) -> None:
        """Forget the pass: a training step uses it."""
        self._last = None
        self._passes.clear()

    def close(self, trace: Trace) -> None:
        """Find out what the output was compared with, and add the pass to the trace."""
        seen, self._last = self._last, None
        if seen is None or seen.inputs is None or seen.output is None:
            return
        met = all_met_by(seen.output, seen.ops, len(seen.inputs), seen.inputs)
        seen.met = tuple(islice(met, MOST_MET))
        seen.target = next(iter(seen.met), None)
        self._passes.add(seen)
        if seen.grad:  # What the program itself lets go of must not live on here.
            bare = detacher()
            seen.ops = [op.mapped(bare) for op in seen.ops]
            seen.inputs, seen.arguments = bare(seen.inputs), tuple(map(bare, seen.arguments))
        seen.output = seen.output.detach()
        if len(trace.evaluations) >= MOST_KEPT:
            del trace.evaluations[MOST_KEPT // 2]
        trace.evaluations.append(seen)

    def kept(self) -> float:
        """Return the highest share of passes in evaluation mode alive at once with their graph."""
        return max(self._peak, self._alive())

    def _alive(self) -> float:
        alive = [[ref() for ref in refs] for refs in self._open[:-5]]
        held = [any(t is not None and t.grad_fn is not None for t in tensors) for tensors in alive]
        return sum(held) / len(held) if len(held) >= FEWEST else 0.0

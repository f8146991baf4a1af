"""Forward passes that no training step follows: what came in, what came out, what it met."""

import weakref
from collections.abc import Sequence

from torch import Tensor

from startsimple.program.loss_graph import FEWEST
from startsimple.program.spy import LOOKUPS, Op, detacher, tensors_in
from startsimple.program.trace import Evaluation, Trace

# Everything of the first passes, and a window over the last ones.
MOST_KEPT = 400
MOST_WATCHED = 200


class EvaluationLog:
    """Follows the pass that ran last until another one starts, or a training step uses it."""

    def __init__(self) -> None:
        self._last: Evaluation | None = None
        self._watched = False
        self._open: list[list[weakref.ref[Tensor]]] = []

    def begin(
        self,
        inputs: Sequence[Tensor],
        output: Tensor | None,
        *,
        training: bool,
        grad: bool,
        step: int,
    ) -> None:
        """Note a forward pass.

        Args:
            inputs: What entered the model.
            output: First tensor that came out.
            training: Whether the model was in training mode.
            grad: Whether gradients were on.
            step: Optimiser steps taken before.
        """
        first = inputs[0] if inputs else None
        self._last = Evaluation(first, output, None, training, grad, step)
        self._last.arguments = tuple(inputs)
        self._watched = grad and not training and len(self._open) < MOST_WATCHED
        if self._watched:
            self._open.append([weakref.ref(t) for t in tensors_in(output)])

    def note(self, op: Op) -> None:
        """Note a function called after the pass."""
        if self._last is not None:
            self._last.ops.append(op)
            if self._watched:  # What was made of the output holds its graph as well.
                self._open[-1] += [weakref.ref(t) for t in tensors_in(op.out)]

    def drop(self) -> None:
        """Forget the pass: a training step uses it."""
        self._last = None

    def close(self, trace: Trace) -> None:
        """Find out what the output was compared with, and add the pass to the trace."""
        seen, self._last = self._last, None
        if seen is None or seen.inputs is None or seen.output is None:
            return
        seen.target = _target(seen)
        if seen.grad:  # What the program itself lets go of must not live on here.
            bare = detacher()
            seen.ops = [op.mapped(bare) for op in seen.ops]
        seen.output = seen.output.detach()
        if len(trace.evaluations) >= MOST_KEPT:
            del trace.evaluations[MOST_KEPT // 2]
        trace.evaluations.append(seen)

    def kept(self) -> float:
        """Return the share of passes in evaluation mode that are still alive with their graph."""
        alive = [[ref() for ref in refs] for refs in self._open[:-5]]
        held = [any(t is not None and t.grad_fn is not None for t in tensors) for tensors in alive]
        return sum(held) / len(held) if len(held) >= FEWEST else 0.0


def _target(seen: Evaluation) -> Tensor | None:
    """Return the first tensor of as many rows as the pass that its output met."""
    assert seen.inputs is not None
    made = {id(seen.output)}
    for op in seen.ops:
        arguments, results = tensors_in((op.args, op.kwargs)), tensors_in(op.out)
        if op.name in LOOKUPS and not any(id(t) in made or t.requires_grad for t in arguments):
            continue  # Rows of the data: what they are taken from is not what the output met.
        for tensor in arguments:
            known = id(tensor) in made or tensor is seen.inputs or tensor.requires_grad
            rows = len(tensor) if tensor.ndim else 0
            if not known and rows == len(seen.inputs):
                return tensor.detach()
        made.update(id(t) for t in results)
    return None

"""Forward passes that no training step follows: what came in, what came out, what it met."""

import weakref
from collections.abc import Sequence

from torch import Tensor

from startsimple.program.loss_graph import kept_share
from startsimple.program.spy import Op, detacher, tensors_in
from startsimple.program.trace import Evaluation, Trace

# Everything of the first passes, and a window over the last ones.
MOST_KEPT = 400
MOST_WATCHED = 200


class EvaluationLog:
    """Follows the pass that ran last until another one starts, or a training step uses it."""

    def __init__(self) -> None:
        self._last: Evaluation | None = None
        self._open: list[weakref.ref[Tensor]] = []

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
        if grad and not training and output is not None and len(self._open) < MOST_WATCHED:
            self._open.append(weakref.ref(output))

    def note(self, op: Op) -> None:
        """Note a function called after the pass."""
        if self._last is not None:
            self._last.ops.append(op)

    def drop(self) -> None:
        """Forget the pass: a training step uses it."""
        self._last = None

    def close(self, trace: Trace) -> None:
        """Find out what the output was compared with, and add the pass to the trace."""
        seen, self._last = self._last, None
        if seen is None or seen.inputs is None or seen.output is None:
            return
        made = {id(t) for op in seen.ops for t in tensors_in(op.out)} | {id(seen.output)}
        for tensor in (t for op in seen.ops for t in tensors_in((op.args, op.kwargs))):
            known = id(tensor) in made or tensor is seen.inputs or tensor.requires_grad
            if not known and tensor.ndim and len(tensor) == len(seen.inputs):
                seen.target = tensor.detach()
                break
        if seen.grad:  # What the program itself lets go of must not live on here.
            bare = detacher()
            seen.ops = [op.mapped(bare) for op in seen.ops]
        seen.output = seen.output.detach()
        if len(trace.evaluations) >= MOST_KEPT:
            del trace.evaluations[MOST_KEPT // 2]
        trace.evaluations.append(seen)

    def kept(self) -> float:
        """Return the share of passes in evaluation mode that are still alive with their graph."""
        return kept_share(self._open[:-5])

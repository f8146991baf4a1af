"""Turn noted loss functions into the records that probes read."""

import inspect
from collections.abc import Sequence

from torch import Tensor

from startsimple.program.rows import same_numbers
from startsimple.program.spy import Op
from startsimple.program.subject import LossCall


def loss_call(op: Op) -> LossCall:
    """Turn a noted loss function into the record that probes read."""
    named = dict(op.kwargs)
    args = list(op.args)
    names = list(inspect.signature(op.func).parameters)
    bound = {**dict(zip(names, args, strict=False)), **named}
    prediction = bound.pop("input", args[0] if args else None)
    target = bound.pop("target", args[1] if len(args) > 1 else None)
    return LossCall(op.name, prediction, target, bound, op.out, op.where)  # pyright: ignore


def answering_last(calls: Sequence[LossCall], output: Tensor | None) -> list[LossCall]:
    """Return calls with the one last that compares the output itself, if there is one.

    Of a network with several heads the first one's answer is the output, while its losses come in
    any order.
    """
    if output is None or len(calls) < 2:
        return list(calls)
    place = max((i for i, c in enumerate(calls) if same_numbers(c.input, output)), default=-1)
    return [*calls[:place], *calls[place + 1 :], calls[place]] if place >= 0 else list(calls)

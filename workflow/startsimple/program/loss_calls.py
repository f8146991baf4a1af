"""Turn a noted loss function into the record that probes read."""

import inspect

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

"""What evaluation passes are compared with, each alone or all of them joined."""

import weakref
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from startsimple.program.spy import LOOKUPS, Op, map_tensors, tensors_in
from startsimple.program.trace import Evaluation
from startsimple.program.units import in_units_of

SEED = 0
JOINS = frozenset(["cat", "concat", "concatenate", "vstack", "hstack"])


class Passes:
    """The passes since the last training step; their outputs may be collected and compared once."""

    def __init__(self) -> None:
        self._made: list[tuple[Evaluation, list[weakref.ref[Tensor]]]] = []

    def clear(self) -> None:
        """Forget the passes: training goes on."""
        self._made = []

    def add(self, seen: Evaluation) -> None:
        """Add a pass, and hand out the targets if it is the last one of several joined."""
        self._made.append((seen, [weakref.ref(t) for t in _derived(seen)]))
        for index, op in enumerate(seen.ops):
            owners = [self._owner(t) for t in tensors_in(op.args)] if op.name in JOINS else []
            joined = op.out
            if len(owners) > 1 and None not in owners and isinstance(joined, Tensor):
                rows = [len(t) for t in tensors_in(op.args)]
                goal = met_by(joined, seen.ops[index + 1 :], sum(rows))
                if goal is not None and len(joined) == sum(rows):
                    for owner, part in zip(owners, torch.split(goal, rows), strict=True):
                        assert owner is not None
                        owner.target = part
                    return

    def _owner(self, tensor: Tensor) -> Evaluation | None:
        """Return the pass that a tensor was made in."""
        for seen, references in self._made:
            if any(reference() is tensor for reference in references):
                return seen
        return None


def _derived(seen: Evaluation) -> list[Tensor]:
    """Return a pass's output and what was made of it."""
    made = [] if seen.output is None else [seen.output]
    for op in seen.ops:
        known = {id(t) for t in made}
        if op.name not in JOINS and any(id(t) in known for t in tensors_in((op.args, op.kwargs))):
            made += tensors_in(op.out)
    return made


def met_by(
    output: Tensor, ops: Sequence[Op], rows: int, inputs: Tensor | None = None
) -> Tensor | None:
    """Return the first tensor of as many rows that an output, or what is made of it, met."""
    return next(all_met_by(output, ops, rows, inputs), None)


def all_met_by(
    output: Tensor, ops: Sequence[Op], rows: int, inputs: Tensor | None = None
) -> Iterator[Tensor]:
    """Yield the tensors of as many rows that an output, or what is made of it, met, in order.

    Args:
        output: The output of one pass, or of several joined.
        ops: The functions called since.
        rows: Rows of the output.
        inputs: What entered the pass: that is no target.
    """
    made = {id(output)}
    for index, op in enumerate(ops):
        arguments, results = tensors_in((op.args, op.kwargs)), tensors_in(op.out)
        apart = not any(id(t) in made or t.requires_grad for t in arguments)
        if apart and (op.name in LOOKUPS or op.name in JOINS):
            continue  # Rows of the data: what they are taken from is not what the output met.
        for tensor in arguments:
            known = id(tensor) in made or tensor is inputs or tensor.requires_grad
            if not known and (len(tensor) if tensor.ndim else 0) == rows and op.name not in JOINS:
                mine = next((t for t in arguments if id(t) in made), output)
                yield _truth(output, ops[:index], mine, tensor.detach())
        made.update(id(t) for t in results)


def _truth(output: Tensor, ops: Sequence[Op], mine: Tensor, truth: Tensor) -> Tensor:
    """Return what an output met, in its own units if it had been scaled for that."""
    values = mine.is_floating_point() and truth.is_floating_point() and mine.shape == truth.shape
    if mine is output or not values or output.numel() != mine.numel():
        return truth
    # Outputs may all be equal: how they are scaled is seen on other numbers.
    generator = torch.Generator().manual_seed(SEED)
    probe = torch.randn(output.shape, generator=generator).to(output)
    told = _played(ops, output, probe, mine)
    scaled = None if told is None else in_units_of(probe, told, truth)
    return truth if scaled is None else scaled


def _played(ops: Sequence[Op], output: Tensor, probe: Tensor, goal: Tensor) -> Tensor | None:
    """Return what the functions called since make of other outputs; None if that fails."""
    known: dict[int, Tensor] = {id(output): probe}
    for op in ops:
        if not any(id(t) in known for t in tensors_in((op.args, op.kwargs))):
            continue
        if op.name.endswith("_") and not op.name.endswith("__"):  # It would change what it met.
            return None
        args, kwargs = map_tensors((op.args, op.kwargs), lambda t: known.get(id(t), t))
        try:
            out = op.func(*args, **kwargs)
        except (RuntimeError, TypeError, ValueError):
            return None
        known.update(
            (id(old), new) for old, new in zip(tensors_in(op.out), tensors_in(out), strict=False)
        )
    return known.get(id(goal))

"""Record how a step turns tensors into a loss, and play it again on other tensors and weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from startsimple.program.loss_calls import loss_call
from startsimple.program.rows import same_rows
from startsimple.program.spy import (
    LOOKUPS,
    LOSSES,
    RESHAPES,
    SCALING,
    Op,
    answers_in,
    detacher,
    map_tensors,
    tensors_in,
)

# Functions whose integer arguments are sizes, so that a batch size among them must follow.
_SIZED = frozenset(
    [
        "view",
        "reshape",
        "expand",
        "zeros",
        "ones",
        "full",
        "randn",
        "rand",
        "arange",
        "empty",
        "repeat",
        "randperm",
    ]
)


@dataclass
class Call:
    """One call of an outermost module: its index among the program's models, and its arguments."""

    module: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any


Entry = Op | Call


@dataclass
class Tape:
    """The calls that led from leaf tensors to one loss, in order.

    Attributes:
        entries: Functions and module calls, pruned to those that the loss depends on.
        loss: The loss tensor.
        inputs: Leaf tensors that entered a module.
        targets: Other leaf tensors with one row per example.
        rows: Examples in the recorded batch.
        again: Leaves equal to an input, as the same rows looked up twice, and which one that is.
    """

    entries: Sequence[Entry]
    loss: Tensor
    inputs: list[Tensor]
    targets: list[Tensor]
    rows: int
    again: list[tuple[Tensor, int]] = field(default_factory=list[tuple[Tensor, int]])

    @property
    def signature(self) -> tuple[str, ...]:
        """Calls and numbers of leaves: steps with equal signatures have leaves at equal places."""
        calls = (e.name if isinstance(e, Op) else f"module {e.module}" for e in self.entries)
        return (*calls, f"{len(self.inputs)} inputs", f"{len(self.targets)} targets")

    def detached(self) -> "Tape":
        """Return the tape without any autograd graph behind its tensors, to be kept for long."""
        bare = detacher()
        entries: list[Entry] = [
            e.mapped(bare)
            if isinstance(e, Op)
            else Call(
                e.module,
                map_tensors(e.args, bare),
                map_tensors(e.kwargs, bare),
                map_tensors(e.out, bare),
            )
            for e in self.entries
        ]
        inputs, targets = [bare(t) for t in self.inputs], [bare(t) for t in self.targets]
        again = [(bare(t), index) for t, index in self.again]
        return Tape(entries, bare(self.loss), inputs, targets, self.rows, again)

    def leaves(self) -> "Tape":
        """Return the tape with its leaves only, for a step whose calls are those of another."""
        inputs, targets = [t.detach() for t in self.inputs], [t.detach() for t in self.targets]
        return Tape((), self.loss.detach(), inputs, targets, self.rows)

    def replay(
        self,
        modules: Sequence[nn.Module],
        inputs: Sequence[Tensor],
        targets: Sequence[Tensor],
        parameters: Mapping[int, Tensor],
        watch: Callable[[Op], None] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Play the tape on new tensors.

        Args:
            modules: The modules to call, by index.
            inputs: Replacements of `self.inputs`, same order.
            targets: Replacements of `self.targets`, same order.
            parameters: Replacement of each parameter used outside of modules, by `id`.
            watch: Told of every function outside of modules, with its new arguments.

        Returns:
            The loss, and the first tensor that the last module call returned; calls of parts of
            another module, as for a penalty on what they return, come second to that one's.
        """
        env: dict[int, Any] = dict(parameters)
        used = [modules[e.module] for e in self.entries if isinstance(e, Call)]
        for old, new in zip([*self.inputs, *self.targets], [*inputs, *targets], strict=True):
            env[id(old)] = new
        env.update((id(old), inputs[index]) for old, index in self.again)
        rows = len(inputs[0]) if inputs and inputs[0].ndim else self.rows
        output: Tensor | None = None
        for entry in self.entries:
            args = map_tensors(entry.args, lambda t: env.get(id(t), t))
            kwargs = map_tensors(entry.kwargs, lambda t: env.get(id(t), t))
            if isinstance(entry, Call):
                out = modules[entry.module](*args, **kwargs)
                if output is None or not is_part(modules[entry.module], used):
                    output = next(iter(answers_in(out)), None)
            else:
                if rows != self.rows and (entry.name in _SIZED or _scales(entry)):
                    args = tuple(_resize(arg, self.rows, rows) for arg in args)
                out = entry.func(*args, **kwargs)
                if watch is not None:
                    watch(Op(entry.func, args, kwargs, out, 0, entry.where))
            for old, new in zip(tensors_in(entry.out), tensors_in(out), strict=False):
                env[id(old)] = new
        return env[id(self.loss)], output


def is_part(module: nn.Module, modules: Sequence[nn.Module]) -> bool:
    """Say whether a module is inside another one of some."""
    others = (other for other in modules if other is not module)
    return any(module is part for other in others for part in other.modules())


def _scales(op: Op) -> bool:
    """Whether a function makes one number of another, as `loss * len(batch)` does."""
    return op.name in SCALING and isinstance(op.out, Tensor) and op.out.ndim == 0


def _resize(value: Any, old: int, new: int) -> Any:
    if isinstance(value, tuple | list | torch.Size):
        return tuple(_resize(item, old, new) for item in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return type(value)(new) if number and value == old else value


def tape_of(entries: Sequence[Entry], loss: Tensor) -> Tape:
    """Build the tape to a loss; to the sum of the step's losses where the loss has no origin."""
    tape = build_tape(entries, loss)
    losses = [e.out for e in entries if isinstance(e, Op) and e.name in LOSSES]
    scalars = [t for t in losses if isinstance(t, Tensor) and not t.ndim and t.requires_grad]
    if any(isinstance(entry, Call) for entry in tape.entries) or not scalars:
        return tape
    total, sums = scalars[0], list[Entry]()
    for scalar in scalars[1:]:
        both = total + scalar
        sums.append(Op(torch.add, (total, scalar), {}, both, 0, ""))
        total = both
    return build_tape([*entries, *sums], total)


def build_tape(entries: Sequence[Entry], loss: Tensor) -> Tape:
    """Prune recorded calls to those that a loss depends on, and sort out the leaves.

    Args:
        entries: Everything recorded since the step before, in order.
        loss: The tensor on which `backward` was called.

    Returns:
        The tape; it has no entries if the loss came from nowhere that was recorded.
    """
    needed, kept = {id(loss)}, list[Entry]()
    chosen = _chosen_rows(entries)
    for entry in reversed(entries):
        if any(id(t) in needed and id(t) not in chosen for t in tensors_in(entry.out)):
            kept.append(entry)
            needed.update(id(t) for t in tensors_in((entry.args, entry.kwargs)))
    kept.reverse()
    made = {id(t) for entry in kept for t in tensors_in(entry.out)}
    inputs, others, again = list[Tensor](), list[Tensor](), list[tuple[Tensor, int]]()
    for entry in kept:
        for tensor in tensors_in((entry.args, entry.kwargs)):
            if id(tensor) in made or _is_parameter(tensor):
                continue
            if any(tensor is seen for seen in [*inputs, *others, *(t for t, _ in again)]):
                continue
            known = _equal_to(tensor, inputs) if isinstance(entry, Call) else None
            if known is not None:
                again.append((tensor, known))
            else:
                (inputs if isinstance(entry, Call) else others).append(tensor)
    rows = next((len(t) for t in inputs if t.ndim), 0)
    if not inputs:  # No module: a program on bare tensors; its first leaf is what comes in.
        inputs, others = others[:1], others[1:]
        rows = next((len(t) for t in inputs if t.ndim), 0)
    targets = [t for t in others if t.ndim and len(t) == rows]
    compared = _compared(kept)
    # What the loss compares comes first; offsets and weights of rows may meet the output earlier.
    targets.sort(key=lambda t: id(t) not in compared)
    return Tape(kept, loss, inputs, targets, rows, again)


def _equal_to(tensor: Tensor, inputs: Sequence[Tensor]) -> int | None:
    """Return which input holds the same numbers in the same places; None if none does.

    Tensors of one number all over, as masks at first, are equal by chance.
    """
    if tensor.layout is not torch.strided or not tensor.numel():
        return None
    if not bool((tensor != tensor.reshape(-1)[0]).any()):
        return None
    for index, known in enumerate(inputs):
        if known.layout is tensor.layout and same_rows(known, tensor):
            return index
    return None


def _compared(entries: Sequence[Entry]) -> set[int]:
    """Return the ids of a loss function's target and of what it was reshaped from.

    The loss is the last one on what the model returned first, or the last of all.
    """
    ops = [e for e in entries if isinstance(e, Op)]
    losses = [loss_call(op) for op in ops if op.name in LOSSES]
    answers = {id(t) for e in entries if isinstance(e, Call) for t in answers_in(e.out)[:1]}
    for op in ops:
        if op.name in RESHAPES and any(id(t) in answers for t in tensors_in(op.args)):
            answers.update(id(t) for t in tensors_in(op.out))
    own = [call for call in losses if id(call.input) in answers]
    known = {id(call.target) for call in (own or losses)[-1:]}
    for op in reversed(ops):
        if op.name in RESHAPES and any(id(t) in known for t in tensors_in(op.out)):
            known.update(id(t) for t in tensors_in(op.args))
    return known


def _chosen_rows(entries: Sequence[Entry]) -> set[int]:
    """Return the ids of tensors that were made of data alone, as `(y[rows] - mean) / std`: leaves.

    What the step compares is the rows looked up, in the units of the outputs; not the whole table,
    the places in it, nor what the rows were before they were scaled.
    """
    outputs, chosen, rows = set[int](), set[int](), 0
    for entry in entries:
        arguments = tensors_in((entry.args, entry.kwargs))
        learnt = any(id(t) in outputs or t.requires_grad for t in arguments)
        if isinstance(entry, Call) or learnt:
            rows = rows or next((len(t) for t in arguments if t.ndim), 0)
            outputs.update(id(t) for t in tensors_in(entry.out))
        elif entry.name in LOOKUPS or (entry.name in SCALING and _keeps(rows, entry)):
            chosen.update(id(t) for t in tensors_in(entry.out))
    return chosen


def _keeps(rows: int, op: Op) -> bool:
    """Whether a function turns a tensor of one row an example into another one."""
    lengths = [len(t) if t.ndim else 0 for t in tensors_in((op.args, op.kwargs))]
    made = op.out
    return rows in lengths and isinstance(made, Tensor) and made.ndim > 0 and len(made) == rows


def _is_parameter(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.Parameter) or (tensor.is_leaf and tensor.requires_grad)

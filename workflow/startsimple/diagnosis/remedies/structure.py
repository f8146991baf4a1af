"""Fixes inside the forward pass: graphs, shapes, axes, layers that are shared or not registered."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from startsimple.diagnosis import mending
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detectors import dependence, graph
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt, first_of
from startsimple.diagnosis.setup import Setup
from startsimple.diagnosis.surgery import ENTRANCES, NORMALISING, without_norms
from startsimple.program.layers import BATCH_NORMS
from startsimple.program.program import Program

GRAPH = (mending.attached, mending.own_backward_unused)


def silent(*looks: Callable[[Case], Iterable[Finding]]) -> Callable[[Case], bool]:
    """Return a check that detectors find nothing in a mended copy."""

    def gone(case: Case) -> bool:
        return not any(list(look(case)) for look in looks)

    return gone


def one_shape(case: Case, finding: Finding) -> Attempt | None:
    """M10: bring prediction and target to one shape before they meet."""
    what = "prediction and target in one shape"
    return attempt(case, Mend(what, modes=(mending.aligned,), logical=True))


def axes_right(case: Case, finding: Finding) -> Attempt | None:
    """M11, D16: batch first, permute instead of view, statistics over features."""
    mends = [
        Mend(name, modes=(mode,), gone=silent(dependence.mixes_samples))
        for name, mode in (
            ("permute for view", mending.permuted),
            ("dim=-1", mending.over_features),
        )
    ]
    flipped = batch_first(case.program)
    if flipped is not None:
        gone = silent(dependence.mixes_samples)
        mends.insert(0, Mend("batch_first=True", program=flipped, gone=gone))
    return first_of(case, mends)


def batch_first(program: Program) -> Program | None:
    """Return a copy whose recurrent layers take the batch first; None if it has no other ones."""
    twin = program.fork()
    kinds = (nn.RNNBase, nn.MultiheadAttention)
    layers = [m for m in twin.model.modules() if isinstance(m, kinds) and not m.batch_first]
    for layer in layers:
        layer.batch_first = True
    return twin if layers else None


def graph_whole(case: Case, finding: Finding) -> Attempt | None:
    """M18, M23, O07: let the gradient pass where it is cut, and autograd differentiate."""
    # A gradient that is passed straight through a jump is no difference of the loss.
    jumps = () if case.steps_inside() else (dependence.numeric_gradient,)
    gone = silent(graph.unreached, *jumps)
    mends = [Mend("the graph left whole", modes=GRAPH, gone=gone)]
    if finding.fault == "O07":
        what = "the standard loss, attached to the output"
        setups = (Setup(loss=True), Setup(bare=True, loss=True))
        mends.append(Mend(what, setups, modes=GRAPH, logical=True))
    return first_of(case, mends)


def registered(case: Case, finding: Finding) -> Attempt | None:
    """M16: hold sub-modules in containers that register them."""
    twin = case.program.fork()
    before = len(list(twin.model.parameters()))
    owners = [getattr(twin, "module", twin.model), *twin.model.modules()]
    for owner in owners:
        register(owner)
    more = len(list(twin.model.parameters())) - before
    if more <= 0:
        return None
    # A script's optimiser is rebuilt by the names it held: the new ones are added.
    planned = bool(getattr(twin, "plans", []))
    what = f"{more} more parameters registered and optimised"
    setups = (Setup(all_parameters=planned),)
    return attempt(case, Mend(what, setups, program=twin, logical=True))


def register(owner: Any) -> None:
    """Turn plain lists and dicts of modules or parameters into registering ones, in place."""
    for name, value in list(vars(owner).items()):
        if name.startswith("_") or not value:
            continue
        items = list(value.values()) if isinstance(value, dict) else value
        made: nn.Module | None = None
        if isinstance(items, list | tuple) and all(isinstance(i, nn.Module) for i in items):
            made = nn.ModuleDict(value) if isinstance(value, dict) else nn.ModuleList(items)
        elif isinstance(items, list | tuple) and all(isinstance(i, nn.Parameter) for i in items):
            made = nn.ParameterDict(value) if isinstance(value, dict) else nn.ParameterList(items)
        if made is not None:
            delattr(owner, name)
            setattr(owner, name, made)


class PerPlace(nn.Module):
    """One layer of its own for each of the places in which a shared one was called."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers, self.calls = nn.ModuleList(layers), 0

    def forward(self, *args: Any) -> Any:
        """Call the layer of the next place."""
        self.calls += 1
        return self.layers[(self.calls - 1) % len(self.layers)](*args)


def norms_usual(case: Case, finding: Finding) -> Attempt | None:
    """M20: usual settings, and one normalisation for each place."""
    twin, order = case.program.fork(), case.call_order()
    for name, module in list(twin.model.named_modules()):
        if not isinstance(module, BATCH_NORMS):
            continue
        affine, track = module.affine, module.track_running_stats
        fresh = [
            type(module)(module.num_features, affine=affine, track_running_stats=track)
            for _ in range(max(1, order.count(name)))
        ]
        parent, _, child = name.rpartition(".")
        made = fresh[0] if len(fresh) == 1 else PerPlace(list(fresh))
        setattr(twin.model.get_submodule(parent), child, made)
    what = "one normalisation with usual settings for each place"
    planned = bool(getattr(twin, "plans", []))
    setups = (Setup(all_parameters=planned),)
    gone = silent(graph.shared_norm, graph.norm_settings)
    mends = [
        Mend(what, setups, program=twin, gone=gone),
        Mend("normalisation left out", (Setup(no_norm=True),)),
    ]
    return first_of(case, mends)


def norms_left_out(case: Case, finding: Finding) -> Attempt | None:
    """M12: leave out normalisations, as one over a single number leaves nothing of it."""
    twin = case.program.fork()
    if not any(isinstance(module, NORMALISING) for module in twin.model.modules()):
        return None
    without_norms(twin.model)
    gone = silent(dependence.ignores_input)
    planned = bool(getattr(twin, "plans", []))
    setups = (Setup(all_parameters=planned),)
    return attempt(case, Mend("normalisation left out", setups, program=twin, gone=gone))


def scaled_once(case: Case, finding: Finding) -> Attempt | None:
    """D02: undo the model's own scaling of inputs before it, so that the two cancel."""
    forward = case.trace.forward
    first = next((op for op in (forward.ops if forward else []) if op.name in ENTRANCES), None)
    if forward is None or first is None or not forward.inputs or finding.where != "forward":
        return attempt(case, Mend("the inputs standardised", (Setup(inputs=True),)))
    given = forward.inputs[0].detach().double().reshape(-1)
    entering = first.args[0].detach().double().reshape(-1)
    if given.numel() != entering.numel():
        return None
    slope = float(((given - given.mean()) * (entering - entering.mean())).mean() / given.var())
    offset = float(entering.mean() - slope * given.mean())

    def undo(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if not args or not isinstance(args[0], Tensor) or not args[0].is_floating_point():
            return None
        return ((args[0] - offset) / slope, *args[1:])

    twin = case.program.fork()
    for module in twin.entries():
        module.register_forward_pre_hook(undo)
    return attempt(case, Mend(f"the scaling by {slope:.3g} in forward undone", program=twin))


def one_output_a_class(case: Case, finding: Finding) -> Attempt | None:
    """M06: where class numbers are regressed, give the last layer an output for each class."""
    targets, head = case.lab.targets, case.lab.head
    whole = bool(targets) and not targets[0].is_floating_point()
    if not head or not whole or case.program.task.kind != "regression":
        return None
    twin = case.program.fork()
    layer = twin.model.get_submodule(head)
    if not isinstance(layer, nn.Linear) or layer.out_features != 1:
        return None
    classes = int(torch.cat([t.reshape(-1) for t in targets]).max()) + 1
    parent, _, child = head.rpartition(".")
    setattr(twin.model.get_submodule(parent), child, nn.Linear(layer.in_features, classes))
    twin.task = type(twin.task)("classification", classes)
    what = f"{classes} outputs and cross-entropy"
    setups = (Setup(bare=True, loss=True, all_parameters=True),)
    modes = (mending.losses_passed_over,)
    return attempt(case, Mend(what, setups, program=twin, modes=modes, logical=True))


def cast_left_out(case: Case, finding: Finding) -> Attempt | None:
    """D18: leave numbers as they are where the program's own step cuts fractions off."""
    casts = [op.name for op in case.trace.facts.get("before", [])]
    if not set(casts) & mending.CASTS:
        return None
    return attempt(case, Mend("fractions kept", modes=(mending.uncast,)))


REMEDIES: dict[str, list[Remedy]] = {
    "D02": [scaled_once],
    "D16": [axes_right],
    "D18": [cast_left_out],
    "M06": [one_output_a_class],
    "M10": [one_shape],
    "M11": [axes_right],
    "M12": [norms_left_out],
    "M16": [registered],
    "M18": [graph_whole],
    "M20": [norms_usual],
    "M23": [graph_whole],
    "O07": [graph_whole],
}

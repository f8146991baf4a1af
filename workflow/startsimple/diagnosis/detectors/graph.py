"""Looks at the model's graph: who reaches the loss, who is optimised, what stands where."""

import itertools
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.interventions.parameters import left_out
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.program.layers import BATCH_NORMS
from startsimple.program.seeded import seeded
from startsimple.program.spy import STEPS, Op, tensors_in
from startsimple.program.subject import LossCall

HALF = 0.5
STALE_STATISTICS = 0.04
# What cuts the path of a gradient.
CUTS = STEPS | frozenset(["detach", "argmax", "numpy", "item"])


def unregistered(case: Case) -> Iterator[Finding]:
    """M16: the loss depends on weights that the model does not hold (a plain Python list)."""
    loose = [w for w in case.trace.facts.get("unregistered", []) if w.numel() > 1]
    held = {id(p) for p in (case.trace.trained.parameters() if case.trace.trained else [])}
    reached = case.trace.facts.get("reached", set())
    if held and not held & reached:  # Nothing of the model is reached: the loss was cut off.
        return
    loose = [w for w in loose if id(w) not in held]
    optimizer = case.trace.optimizer
    groups = optimizer.param_groups if optimizer is not None else []
    optimised = {id(p) for g in groups for p in g["params"]}
    lost = [w for w in loose if id(w) not in optimised]
    if lost:
        shapes = ", ".join(str(tuple(w.shape)) for w in lost[:3])
        note = f"{len(lost)} weights reach the loss but belong to no registered module: {shapes}."
        yield Finding("M16", 0.97, [note], "model")


def unreached(case: Case) -> Iterator[Finding]:
    """M16, M18, M23, O07: parameters that get no gradient (R-03)."""
    grads = case.gradients()
    if not grads:
        return
    # A later backward pass of the same step may reach what the first one does not.
    # A part that no optimiser holds is frozen on purpose.
    moved, held = case.moved(), case.optimised()
    stepped = case.steps_inside()
    silent = [n for n, g in grads.items() if g is None or (stepped and not g.any())]
    dead = [n for n in silent if n in held and n not in moved]
    if not dead or len(dead) == len(grads):
        return
    called = {*case.call_order(), ""}
    unused = [n for n in dead if n.rpartition(".")[0] not in called]
    cut = [n for n in dead if n not in unused]
    term = _term_left_out(case, cut)
    if term is not None:
        note = f"The step computes {term.name}, which reaches {cut[0]}; its total does not."
        yield Finding("O07", 0.93, [note], term.where or cut[0])
    elif cut:
        fault = "M23" if _cuts_graph(case) else "M18"
        note = (
            f"{len(cut)} of {len(grads)} parameters run in forward but get no gradient, "
            f"such as {cut[0]}."
        )
        yield Finding(fault, 0.9, [note], cut[0])
    if unused:
        note = (
            f"{len(unused)} of {len(grads)} parameters are never used in forward, such as "
            f"{unused[0]}."
        )
        yield Finding("M16", 0.9, [note], unused[0])


def _term_left_out(case: Case, cut: Sequence[str]) -> LossCall | None:
    """Return a loss that reaches a weight which the step's total does not reach."""
    if not cut:
        return None
    twin = case.program.fork()
    twin.model.train()
    with seeded(SEED):
        calls = twin.step(case.lab.train[0]).calls
    weight = dict(twin.model.named_parameters())[cut[0]]
    for call in calls:
        if call.value.requires_grad:
            (grad,) = torch.autograd.grad(
                call.value.sum(), [weight], retain_graph=True, allow_unused=True
            )
            # allow_unused gives None for a weight that the loss does not depend on.
            if grad is not None and bool(grad.any()):  # pyright: ignore[reportUnnecessaryComparison]
                return call
    return None


def _cuts_graph(case: Case) -> bool:
    """Whether forward calls something that cuts the gradient's path."""
    ops = case.trace.forward.ops if case.trace.forward else []
    return any(op.name in CUTS or _without_graph(op) for op in ops)


def _without_graph(op: Op) -> bool:
    """Whether a function took a trainable weight and its result has no graph, as under no_grad."""
    trainable = any(isinstance(t, nn.Parameter) and t.requires_grad for t in tensors_in(op.args))
    return trainable and not any(t.requires_grad for t in tensors_in(op.out))


def half_optimised(case: Case) -> Iterator[Finding]:
    """O06: parameters with a gradient that no optimiser holds (R-04)."""
    grads, held = case.gradients(), case.optimised()
    live = [n for n, g in grads.items() if g is not None and bool(g.any())]
    missing = [n for n in live if n not in held]
    if case.foreign and not held:
        note = "The optimiser holds parameters of another model: none of this one's."
        yield Finding("O06", 0.97, [note], "optimizer", remedy=Setup(all_parameters=True))
    elif missing:
        note = (
            f"{len(missing)} of {len(live)} parameters with a gradient are in no "
            f"optimiser, such as {missing[0]}."
        )
        yield Finding("O06", 0.95, [note], missing[0], remedy=Setup(all_parameters=True))
    elif left_out(case) and not live:
        yield Finding("O06", 0.9, ["No parameter is trainable."], "model")


def broadcast(case: Case) -> Iterator[Finding]:
    """M10: prediction and target of different shapes are spread over each other in the loss."""
    target = case.first.target
    rows = len(target) if target is not None and target.ndim else 0
    for op in [*case.trace.outside, *_loss_ops(case)]:
        pair = [a for a in op.args[:2] if isinstance(a, Tensor)]
        pair += [
            v for k, v in op.kwargs.items() if k in ("input", "target") and isinstance(v, Tensor)
        ]
        if len(pair) < 2 or op.name not in ELEMENTWISE:
            continue
        a, b = pair[0], pair[1]
        spread = {a.ndim, b.ndim} == {1, 2} and a.numel() == b.numel() == max(len(a), len(b))
        if spread and rows > 1 and a.shape != b.shape and min(a.numel(), b.numel()) > 1:
            note = (
                f"{op.name} gets shapes {tuple(a.shape)} and {tuple(b.shape)}: every pair "
                f"of rows is compared."
            )
            yield Finding("M10", 0.98, [note], op.where)
            return


def _loss_ops(case: Case):  # pyright: ignore
    from startsimple.program.spy import Op

    for call in case.first.calls:
        yield Op(torch.sub, (call.input, call.target), {}, call.value, 0, call.where)


_ARITHMETIC = ("sub", "rsub", "__sub__", "__rsub__", "mul", "__mul__", "eq")
ELEMENTWISE = frozenset([*_ARITHMETIC, "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])


def norm_settings(case: Case) -> Iterator[Finding]:
    """M20: running statistics that hardly move, or forget at once, and other odd settings."""
    steps = len(case.trace.steps)
    for name, module in case.program.model.named_modules():
        if not isinstance(module, nn.modules.batchnorm._BatchNorm):  # pyright: ignore
            continue
        momentum = module.momentum
        odd = momentum is not None and (momentum <= 1e-3 or momentum >= 0.9)
        if not odd and module.eps <= 1e-1:
            continue
        evidence = [f"{name} has momentum {momentum} and eps {module.eps:g}."]
        left = (1 - momentum) ** steps if momentum is not None and module.track_running_stats else 0
        gain = _recalibration_gain(case) if left > HALF else 0.0
        if gain > STALE_STATISTICS:
            evidence.append(f"After {steps} steps {left:.0%} of its first statistics are left.")
            evidence.append(f"Statistics taken afresh raise the score by {gain:.2f}.")
            yield Finding("M20", 0.92, evidence, name)
        else:
            yield Finding("M20", 0.7, evidence, name, definite=False)
        return


def shared_norm(case: Case) -> Iterator[Finding]:
    """M20: one batch normalisation stands behind two different layers (layer reuse, TA501)."""
    before: dict[str, set[str]] = {}
    names = case.call_order()
    parents = {name.rpartition(".")[0] for name in names}
    leaves = [name for name in names if name not in parents]
    for previous, name in itertools.pairwise(leaves):
        module = case.program.model.get_submodule(name)
        if isinstance(module, BATCH_NORMS):
            before.setdefault(name, set()).add(previous)
    for name, sources in sorted(before.items()):
        if len(sources) > 1:
            note = f"{name} normalises what {' and '.join(sorted(sources))} give, in one forward."
            yield Finding("M20", 0.92, [note, "Its statistics fit neither."], name)


def _recalibration_gain(case: Case) -> float:
    if case.trained is None or case.program.task.kind == "other":
        return 0.0
    return case.recalibrated_score() - case.observed.train


DETECTORS = [
    Detector("registered", "every weight belongs to a module", unregistered),
    Detector("reached", "every parameter gets a gradient", unreached),
    Detector("optimised", "the optimiser holds every trained parameter", half_optimised),
    Detector("broadcast", "prediction and target have one shape", broadcast),
    Detector("norm-shared", "a normalisation stands in one place", shared_norm),
    Detector("norm-settings", "batch normalisation has usual settings", norm_settings),
]

"""Looks at the model's graph: who reaches the loss, who depends on whom, who is optimised."""

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.interventions.parameters import left_out
from startsimple.diagnosis.relations import rows_belong_together
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.program.layers import BATCH_NORMS
from startsimple.program.seeded import seeded

WRONG_GRADIENT = 0.05
HALF = 0.5
STALE_STATISTICS = 0.04


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
    """M16, M18, M23: parameters that get no gradient (R-03)."""
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
    if cut:
        fault = "M23" if case.cuts_graph() else "M18"
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


def mixes_samples(case: Case) -> Iterator[Finding]:
    """M11: an example's output depends on the other examples of its batch (P-09)."""
    twin = case.program.fork()
    twin.model.eval()
    batch = case.lab.train[0]
    inputs = twin.inputs_of(batch)
    rows = len(inputs) if inputs.ndim else 0
    if rows < 3 or not inputs.numel():
        return
    with torch.no_grad(), seeded(SEED):
        before = twin.predict(batch)
    if not before.ndim or len(before) % rows:
        return

    def changes(other: Tensor) -> Tensor | None:
        """Return by how much each row's outputs change with these inputs, (rows,)."""
        with torch.no_grad(), seeded(SEED):
            after = twin.predict(twin.with_inputs(batch, other))
        if after.shape != before.shape:
            return None
        return (before - after).abs().float().reshape(rows, -1).amax(1)

    scale = float(before.float().std()) + 1e-12
    one = changes(_changed(inputs, [0]))
    # What one example does to others can fade on the way; what all others do to one does not.
    kept = [0, rows // 2, rows - 1]
    rest = [changes(_changed(inputs, [r for r in range(rows) if r != row])) for row in kept]
    if one is None or any(moved is None for moved in rest) or rows_belong_together(case):
        return
    hit = int((one[1:] > 1e-4 * scale).sum())
    if hit and float(one[1:].max()) > 1e-3 * max(float(one[0]), scale):
        note = f"Changing one example in evaluation mode changes the outputs of {hit} others."
        yield Finding("M11", 0.94, [note], "forward")
        return
    still = [float(moved[row]) for row, moved in zip(kept, rest, strict=True) if moved is not None]
    if max(still) > 1e-2 * scale:
        note = (
            f"An example that stays the same gets other outputs in evaluation mode when all others "
            f"of its batch change: by {max(still) / scale:.0%} of their spread."
        )
        yield Finding("M11", 0.94, [note], "forward")


def _changed(inputs: Tensor, places: list[int]) -> Tensor:
    """Return inputs with some rows changed, within the range of whole numbers."""
    other = inputs.clone()
    if inputs.is_floating_point():
        other[places] = inputs[places] + inputs.std() + 1.0
    else:
        other[places] = inputs.roll(1, 0)[places]
    return other


def ignores_input(case: Case) -> Iterator[Finding]:
    """M12: other inputs give the same outputs, at the first weights and after training (P-07)."""
    batch = case.lab.train[0]
    program = case.program
    inputs = program.inputs_of(batch)
    if len(inputs) < 3 or not bool((inputs != inputs[0]).any()):
        return
    spreads = list[float]()
    for subject in [program, case.trained]:
        if subject is None:
            continue
        twin = subject.fork()
        twin.model.eval()
        with torch.no_grad(), seeded(SEED):
            before = twin.predict(batch).float()
            rolled = twin.with_inputs(batch, inputs.roll(1, 0))
            after = twin.predict(rolled).float() if before.ndim else before
        spreads.append(float((before - after).abs().max()) / (float(before.abs().max()) + 1e-12))
    last = case.lab.output
    single = last is not None and last.name == "softmax"
    if spreads and max(spreads) < 1e-6 and not single and case.harmed:
        score = 0.9 if not case.constant_weights() else 0.4
        note = f"Other inputs change the outputs by {max(spreads):.1e} of their size."
        yield Finding("M12", score, [note], "forward")


def numeric_gradient(case: Case) -> Iterator[Finding]:
    """M23: the gradient along a random direction disagrees with differences of the loss (P-17)."""
    twin = case.program.fork()
    twin.model.eval()
    batch = case.lab.train[0]
    try:
        twin.model.double()
        values = twin.inputs_of(batch)
        if values.is_floating_point():
            batch = twin.with_inputs(batch, values.double())
        if (
            (t := twin.targets_of(batch)) is not None
            and t.is_floating_point()
            and t is not twin.inputs_of(batch)
        ):
            batch = twin.with_targets(batch, t.double())
        errors = list(_directional_errors(twin, batch))
    except (RuntimeError, TypeError, ValueError):
        return
    wrong = [(error, name) for name, error in errors if error > WRONG_GRADIENT]
    if wrong and len(wrong) >= 0.3 * len(errors):
        error, name = max(wrong)
        note = f"The gradient of {name} disagrees with differences of the loss by {error:.0%}."
        custom = case.custom_backward()
        yield Finding("M23", 0.93 if custom else 0.85, [note], custom or name, definite=True)


def _directional_errors(twin, batch):  # pyright: ignore
    held = {id(p) for o in twin.optimizers() for g in o.param_groups for p in g["params"]}
    named = [(n, p) for n, p in twin.model.named_parameters() if p.requires_grad and id(p) in held]
    with seeded(SEED):
        step = twin.step(batch)
    loss = step.loss
    single = loss.dtype != torch.float64 or (
        step.output is not None and step.output.dtype != torch.float64
    )
    if single or not loss.requires_grad:  # Rounded on the way: differences would be noise.
        return
    grads = torch.autograd.grad(loss, [p for _, p in named], allow_unused=True)
    generator = torch.Generator().manual_seed(0)
    for (name, parameter), grad in list(zip(named, grads, strict=True))[:12]:
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        direction /= direction.norm()
        step = 1e-5
        values = []
        with torch.no_grad():
            for sign in (1, -1):
                parameter.add_(direction, alpha=sign * step)
                with seeded(SEED):
                    values.append(float(twin.step(batch).loss))
                parameter.add_(direction, alpha=-sign * step)
        numeric = (values[0] - values[1]) / (2 * step)
        # allow_unused gives None for a parameter that the loss does not depend on.
        claimed = 0.0 if grad is None else float((grad * direction).sum())  # pyright: ignore[reportUnnecessaryComparison]
        size = max(abs(numeric), abs(claimed))
        if size > 1e-6:
            yield name, abs(numeric - claimed) / size


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
    Detector("samples", "examples do not mix", mixes_samples),
    Detector("input-used", "outputs depend on inputs", ignores_input),
    Detector("numeric-gradient", "gradients agree with differences", numeric_gradient),
    Detector("broadcast", "prediction and target have one shape", broadcast),
    Detector("norm-shared", "a normalisation stands in one place", shared_norm),
    Detector("norm-settings", "batch normalisation has usual settings", norm_settings),
]

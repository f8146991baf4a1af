"""Looks at what depends on what: outputs on their own input and no other, the loss on weights."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.relations import rows_belong_together
from startsimple.diagnosis.setup import SEED
from startsimple.program.program import Program
from startsimple.program.seeded import seeded
from startsimple.program.spy import map_tensors
from startsimple.program.subject import Batch

WRONG_GRADIENT = 0.05
FLAT = 1e-4
# Half the distance of the two losses whose difference is taken, in double precision.
STEP = 1e-5


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
    if any(module.training for module in twin.model.modules()):  # The step sets modes itself.
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
            rolled = _rolled(twin, batch)
            after = twin.predict(rolled).float() if before.ndim else before
        spreads.append(float((before - after).abs().max()) / (float(before.abs().max()) + 1e-12))
    last = case.lab.output
    single = last is not None and last.name == "softmax"
    if spreads and max(spreads) < 1e-6 and not single and case.harmed:
        score = 0.97 if not case.constant_weights() else 0.4
        note = f"Other inputs change the outputs by {max(spreads):.1e} of their size."
        yield Finding("M12", score, [note], "forward")


def _rolled(program: Program, batch: Batch) -> Batch:
    """Return a batch whose inputs, all of them, belong to the row before."""
    inputs = program.inputs_of(batch)
    several = getattr(batch, "inputs", ())
    if len(several) < 2:
        return program.with_inputs(batch, inputs.roll(1, 0))
    moved = (t.roll(1, 0) if t.ndim and len(t) == len(inputs) else t for t in several)
    return type(batch)(tuple(moved), batch.targets)


def numeric_gradient(case: Case) -> Iterator[Finding]:
    """M23: the gradient along a random direction disagrees with differences of the loss (P-17)."""
    twin = case.program.fork()
    if len(twin.optimizers()) > 1:  # What each of them is not to reach is detached on purpose.
        return
    if twin.stops and not case.custom_backward():
        return
    twin.model.eval()
    batch = case.lab.train[0]
    usual = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)  # What forward makes by itself, such as a state.
        twin.model.double()
        errors = list(_directional_errors(twin, _in_double(batch)))
    except (RuntimeError, TypeError, ValueError):
        return
    finally:
        torch.set_default_dtype(usual)
    wrong = [(error, name) for name, error in errors if error > WRONG_GRADIENT]
    if wrong and len(wrong) >= 0.3 * len(errors):
        error, name = max(wrong)
        note = f"The gradient of {name} disagrees with differences of the loss by {error:.0%}."
        custom = case.custom_backward()
        yield Finding("M23", 0.93 if custom else 0.85, [note], custom or name, definite=True)


def _in_double(batch: Batch) -> Batch:
    """Return a batch with all of its numbers in double precision, whatever holds them."""

    def double(tensor: Tensor) -> Tensor:
        return tensor.double() if tensor.is_floating_point() else tensor

    if is_dataclass(batch) and not isinstance(batch, type):
        parts = {f.name: map_tensors(getattr(batch, f.name), double) for f in fields(batch)}
        return replace(batch, **parts)
    return map_tensors(batch, double)


def _loss_aside(base: Program, batch: Batch, name: str, shift: Tensor) -> float:
    """Return the loss beside the weights; of a copy, since a step may count or remember."""
    twin = base.fork()
    with torch.no_grad():
        dict(twin.model.named_parameters())[name].add_(shift)
        with seeded(SEED):
            return float(twin.step(batch).loss)


def _directional_errors(base, batch):  # pyright: ignore
    twin = base.fork()
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
        direction *= STEP / direction.norm()
        values = [_loss_aside(base, batch, name, direction * sign) for sign in (1, -1)]
        numeric = (values[0] - values[1]) / (2 * STEP)
        # allow_unused gives None for a parameter that the loss does not depend on.
        claimed = 0.0 if grad is None else float((grad * direction).sum()) / STEP  # pyright: ignore[reportUnnecessaryComparison]
        size = max(abs(numeric), abs(claimed))
        # Where a jump has no slope, a gradient that is made up is meant to pass through it.
        if size > 1e-6 and not abs(numeric) < FLAT * abs(claimed):
            yield name, abs(numeric - claimed) / size


DETECTORS = [
    Detector("samples", "examples do not mix", mixes_samples),
    Detector("input-used", "outputs depend on inputs", ignores_input),
    Detector("numeric-gradient", "gradients agree with differences", numeric_gradient),
]

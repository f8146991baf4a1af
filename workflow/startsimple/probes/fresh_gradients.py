"""R-05: the gradients of a step are those of its own batch, and of no earlier one."""

import torch
from torch import Tensor, optim

from startsimple.probes.running import Update, backward, cycle, step, update
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch, Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "R-05", "method R-05 (Karpathy)"
TITLE = "each step's gradients are fresh"
# Rounding and a little noise stay far below; the leftover of even one step adds its own length.
TOLERANCE = 0.1


def probe(subject: Subject, steps: int = 3, update: Update = update, seed: int = 0) -> Check:
    """Compare the gradients that the optimiser sees with a fresh computation.

    Args:
        subject: The program; it is left as it was.
        steps: Optimiser steps before the one that is compared.
        update: How the program takes one step: clear, forward, backward, step.
        seed: Seeds both computations alike.

    Returns:
        R-05 with the relative difference. A gradient that was only shortened counts as fresh,
        since clipping is allowed.
    """
    fork, twin = subject.fork(), subject.fork()
    *earlier, last = cycle(fork, steps + 1)
    optimizers = fork.optimizers()
    with seeded(seed):
        for batch in earlier:
            update(fork, optimizers, batch)
    twin.model.load_state_dict(fork.model.state_dict())
    fresh = _fresh(twin, last, seed)
    seen = _seen(fork, optimizers, last, update, seed)
    if not fresh.numel() or not seen.numel() or not bool(fresh.isfinite().all()):
        return Check(ID, TITLE, Status.SKIP, evidence="there are no finite gradients to compare")
    size, length = _length(fresh), _length(seen)
    scale = size / length if 0 < length < size else 1.0
    difference = _length(scale * seen - fresh) / max(size, 1e-12)
    return judge(
        ID,
        TITLE,
        difference,
        "<=",
        TOLERANCE,
        source=SOURCE,
        evidence=f"after {steps} steps the gradient differs from a fresh one by "
        f"{difference:.2g} of its length",
    )


def _fresh(subject: Subject, batch: Batch, seed: int) -> Tensor:
    subject.model.zero_grad(set_to_none=True)
    with seeded(seed):
        loss = step(subject, batch).loss
        if loss.requires_grad:
            backward(loss)
    held = [p for o in subject.optimizers() for g in o.param_groups for p in g["params"]]
    return _flat([p.grad for p in held])


def _seen(
    subject: Subject, optimizers: list[optim.Optimizer], batch: Batch, update: Update, seed: int
) -> Tensor:
    seen: list[Tensor | None] = []

    def look(optimizer: optim.Optimizer, args: object, kwargs: object) -> None:
        for group in optimizer.param_groups:
            seen.extend(None if p.grad is None else p.grad.clone() for p in group["params"])

    handles = [optimizer.register_step_pre_hook(look) for optimizer in optimizers]
    with seeded(seed):
        update(subject, optimizers, batch)
    for handle in handles:
        handle.remove()
    return _flat(seen)


def _length(vector: Tensor) -> float:
    return float(vector.square().sum().sqrt())


def _flat(gradients: list[Tensor | None]) -> Tensor:
    kept = [gradient.detach().flatten() for gradient in gradients if gradient is not None]
    return torch.cat(kept) if kept else torch.zeros(0)

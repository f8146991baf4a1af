"""R-03: every trainable parameter receives a gradient and moves; frozen ones stay."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from startsimple.probes.running import backward, cycle, step
from startsimple.program.seeded import seeded
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "R-03", "method R-03 (TheDeepChecker, torcheck)"
TITLE = "every trainable parameter learns"

LEARN = "all learn"
WITHOUT = "without a gradient"
BROKEN = "with a NaN or infinite gradient"
STILL = "not moved by the optimiser"
FROZEN_MOVED = "frozen but moved"
FROZEN = "frozen"


def probe(subject: Subject, steps: int = 4, *, frozen_allowed: bool = True, seed: int = 0) -> Check:
    """Take a few steps and look at every parameter.

    Several batches, because a healthy parameter may miss its gradient on one: behind an output
    layer that starts at zero, or behind units that are silent for a few examples.

    Args:
        subject: The program; it is left as it was.
        steps: Optimiser steps, each on another batch.
        frozen_allowed: False where nothing may be frozen, as in a model trained from scratch.
        seed: Seeds dropout and the like.

    Returns:
        R-03, whose value is the first kind of fault or "all learn"; the evidence names all
        parameters at fault.
    """
    fork = subject.fork()
    parameters = dict(fork.model.named_parameters())
    frozen = {name for name, parameter in parameters.items() if not parameter.requires_grad}
    missing, broken, moved = _watch(fork, parameters, steps, seed)
    faults = {
        WITHOUT: missing,
        BROKEN: broken,
        STILL: set(parameters) - moved - frozen - missing,
        FROZEN_MOVED: frozen & moved,
        FROZEN: set[str]() if frozen_allowed else frozen - moved,
    }
    found = {kind: names for kind, names in faults.items() if names}
    said = [f"{kind}: {_listed(sorted(names))}" for kind, names in found.items()]
    healthy = f"all {len(parameters) - len(frozen)} trainable parameters move within {steps} steps"
    value, evidence = next(iter(found), LEARN), "; ".join(said) or healthy
    return judge(ID, TITLE, value, "==", LEARN, source=SOURCE, evidence=evidence)


def _watch(
    subject: Subject, parameters: dict[str, nn.Parameter], steps: int, seed: int
) -> tuple[set[str], set[str], set[str]]:
    """Train, and return who never had a gradient, who had a broken one, and who moved."""
    before = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    missing = {name for name, parameter in parameters.items() if parameter.requires_grad}
    broken: set[str] = set()
    with seeded(seed):
        optimizers = subject.optimizers()
        for batch in cycle(subject, steps):
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = step(subject, batch).loss
            if loss.requires_grad:
                backward(loss)
            missing -= {name for name in missing if _has_gradient(parameters[name])}
            broken |= {name for name in parameters if not _finite(parameters[name].grad)}
            for optimizer in optimizers:
                optimizer.step()
    moved = {name for name, p in parameters.items() if not torch.equal(p, before[name])}
    return missing, broken, moved


def _has_gradient(parameter: nn.Parameter) -> bool:
    return parameter.grad is not None and bool(parameter.grad.any())


def _finite(gradient: Tensor | None) -> bool:
    return gradient is None or bool(gradient.isfinite().all())


def _listed(names: Sequence[str], limit: int = 6) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more

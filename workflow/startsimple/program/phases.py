"""Training in phases, such as pretraining and fine-tuning: where one ends and the next begins."""

from collections.abc import Sequence

from torch import optim

from startsimple.program.trace import Trace

# Fewer steps in a row are a turn of optimisers that take turns.
STEPS_MIN = 20


def begins_phase(
    optimizer: optim.Optimizer,
    known: Sequence[optim.Optimizer],
    trace: Trace,
    *,
    rebuilt: bool,
) -> bool:
    """Say whether an optimiser's first step begins another phase of training.

    It does if others have stepped for a while, and there are other weights now: a fresh optimiser
    for the same weights goes on with the same phase.

    Args:
        optimizer: The optimiser about to step for the first time.
        known: The optimisers that stepped before.
        trace: What was seen so far.
        rebuilt: Whether the models have weights now that they did not begin with.
    """
    if not known or len(trace.steps) < STEPS_MIN:
        return False
    if rebuilt:
        return True
    before = {id(p) for other in known for group in other.param_groups for p in group["params"]}
    return any(id(p) not in before for group in optimizer.param_groups for p in group["params"])

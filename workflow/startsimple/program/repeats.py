"""Whether a program built twice from one seed is the same program."""

from collections.abc import Callable
from typing import Any

import torch

from startsimple.program.lightning import LightningProgram
from startsimple.program.loaders import loaders_of
from startsimple.program.modules import draw
from startsimple.program.spy import tensors_in


def runs_repeat(make: Callable[[], tuple[Any, Any]]) -> bool:
    """Build a program twice from one seed; return whether weights, batches and losses agree.

    Args:
        make: Builds a fresh (module, data).

    Returns:
        False if anything differs.
    """
    prints: list[list[bytes]] = []
    for _ in range(2):
        draw([], 0)
        module, data = make()
        batches = draw(loaders_of(module, data).train, 2)
        program = LightningProgram(module, batches, [])
        draw([], 0)
        tensors = [p.detach() for p in program.model.parameters()]
        tensors += tensors_in(batches)
        with torch.no_grad():
            tensors += [program.step(batch).loss for batch in batches]
        prints.append([t.contiguous().cpu().numpy().tobytes() for t in tensors])
    return prints[0] == prints[1]

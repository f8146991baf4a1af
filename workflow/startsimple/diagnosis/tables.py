"""Batches as flat arrays, and rows as hashes: what looks at the data alone works on these."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from startsimple.program.program import Program

ROWS = 3000


@dataclass(frozen=True)
class Table:
    """Inputs, (rows, features), and targets, (rows, columns), of one split as arrays."""

    x: Any
    y: Any


def table(program: Program, batches: list[Any], rows: int = ROWS) -> Table | None:
    """Stack batches into flat arrays.

    Args:
        program: Knows which tensors are inputs and targets.
        batches: The batches.
        rows: Most rows to keep.

    Returns:
        The table, or None if rows have no common shape or no targets are known.
    """
    xs, ys, count = list[Tensor](), list[Tensor](), 0
    shape: tuple[Any, ...] | None = None
    for batch in batches:
        target = program.targets_of(batch)
        inputs = program.inputs_of(batch)
        if target is None or not inputs.ndim or len(target) != len(inputs):
            continue
        shape = shape or (inputs.shape[1:], target.shape[1:])
        if shape != (inputs.shape[1:], target.shape[1:]):
            continue
        xs.append(inputs.detach().flatten(1) if inputs.ndim > 1 else inputs.detach()[:, None])
        ys.append(target.detach())
        count += len(inputs)
        if count >= rows:
            break
    if not xs:
        return None
    y = torch.cat([t.flatten(1) if t.ndim > 1 else t[:, None] for t in ys])
    x = torch.cat([t.flatten(1) for t in xs])
    return Table(x[:rows].double().cpu().numpy(), y[:rows].double().cpu().numpy())

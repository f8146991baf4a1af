"""Rows of batches, chosen and put into batches anew."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.setup import SEED
from startsimple.program.program import Program
from startsimple.program.rows import hash_row
from startsimple.program.spy import map_tensors
from startsimple.program.subject import Batch

HELD = 0.2
FEWEST_HELD = 20


def mapped_batch(batch: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Return a batch with every tensor in it changed."""
    if hasattr(batch, "inputs") and hasattr(batch, "targets"):
        inputs, targets = tuple(map(change, batch.inputs)), tuple(map(change, batch.targets))
        return type(batch)(inputs, targets)
    return map_tensors(batch, change)


def whole(program: Program, batches: Sequence[Batch]) -> Batch:
    """Return all rows of some batches as one, in random order."""
    rows = sum(len(program.inputs_of(batch)) for batch in batches)
    return program.regroup(batches, rows=rows, seed=SEED)[0]


def picked(program: Program, batch: Batch, index: Tensor, rows: int) -> list[Batch]:
    """Return the chosen rows of a batch, in batches of `rows` each."""
    count = len(program.inputs_of(batch))

    def part(index: Tensor) -> Batch:
        return mapped_batch(batch, lambda t: t[index] if t.ndim and len(t) == count else t)

    return [part(some) for some in index.split(rows)]


def usual_rows(case: Case) -> int:
    """Return the size of a training batch."""
    return max(len(case.program.inputs_of(batch)) for batch in case.lab.train)


def apart(case: Case) -> tuple[list[Batch], list[Batch]] | None:
    """Split the training rows into rows to train on and rows to score on; None if too few.

    Rows that occur again and again, as in a script's epochs, are on one side only.
    """
    program, rows = case.program, whole(case.program, case.lab.train)
    keys = [hash_row(row) for row in program.inputs_of(rows)]
    places = first_places(keys)
    held = dict(list(places.items())[: int(HELD * len(places))])
    if len(held) < FEWEST_HELD:
        return None
    rest = torch.tensor([i for i, key in enumerate(keys) if key not in held])
    once = torch.tensor(list(held.values()))
    size = usual_rows(case)
    return picked(program, rows, rest, size), picked(program, rows, once, size)


def first_places(keys: Sequence[int]) -> dict[int, int]:
    """Return where each key stands first, in that order."""
    places = dict[int, int]()
    for place, key in enumerate(keys):
        places.setdefault(key, place)
    return places

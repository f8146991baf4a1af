"""Looks at what a loader's workers draw: each its own, or all the same."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.program.rows import hash_row
from startsimple.program.spy import tensors_in

BATCHES, BATCHES_NEEDED = 200, 6
REPEATED = 0.3


def repeated_noise(case: Case) -> Iterator[Finding]:
    """D17: workers, or epochs, draw the same random augmentation."""
    loaders = case.trace.facts.get("loaders")
    if loaders is None or not case.trace.facts.get("random_train"):
        return
    shared = worker_echo(loaders.train)
    if shared:
        note = f"{shared:.0%} of the random draws are equal in two workers."
        yield Finding("D17", 0.94, [note], "worker_init_fn")


def repeated_batches(case: Case) -> Iterator[Finding]:
    """D17: every worker yields the batches that another one has just yielded."""
    loaders = case.trace.facts.get("loaders")
    declared = getattr(getattr(loaders, "train", None), "num_workers", 0)
    workers = case.trace.facts.get("workers", declared)
    batches = [case.program.inputs_of(batch) for batch in case.lab.train[:BATCHES]]
    pairs = list(pairwise(batches))
    if workers < 2 or len(pairs) < BATCHES_NEEDED:
        return
    same = sum(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)
    # Of w workers that yield the same, each batch comes w times in a row.
    if REPEATED < same / len(pairs) < 1:
        note = f"{same} of {len(pairs)} batches equal the one before; {workers} workers load them."
        yield Finding("D17", 0.94, [note], "training dataset")


class _OneIndex(torch.utils.data.Dataset[Any]):
    """A dataset that always gives the first example of another one."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> Any:
        return self.dataset[0]


def worker_echo(loader: Any) -> float:
    """Return the share of one worker's draws of an example that another worker repeats."""
    workers = getattr(loader, "num_workers", 0)
    if workers < 2 or not hasattr(loader, "dataset"):
        return 0.0
    torch.manual_seed(0)
    probe = torch.utils.data.DataLoader(
        _OneIndex(loader.dataset),
        batch_size=8,
        num_workers=2,
        worker_init_fn=loader.worker_init_fn,
        collate_fn=loader.collate_fn,
        generator=loader.generator,
    )
    batches = [tensors_in(batch)[0] for batch in probe]
    one, two = ({hash_row(r) for b in batches[k::2] for r in b} for k in (0, 1))
    return len(one & two) / max(len(one), 1) if len(one) > 1 else 0.0


DETECTORS = [
    Detector("workers", "workers draw differently", repeated_noise),
    Detector("worker-batches", "workers yield different batches", repeated_batches),
]

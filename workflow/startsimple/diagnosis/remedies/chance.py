"""Fixes of chance where it does not belong: augmentation, workers, seeds."""

import copy
import random
from typing import Any
from unittest import mock

import numpy as np
import torch

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detectors.workers import repeated_batches, worker_echo
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt, revalidated
from startsimple.diagnosis.remedies.rows import fresh_rows
from startsimple.diagnosis.remedies.structure import silent
from startsimple.program.loaders import Loaders, random_examples
from startsimple.program.modules import draw
from startsimple.program.rows import hash_row
from startsimple.program.spy import tensors_in
from startsimple.program.still import still
from startsimple.program.subject import Batch
from startsimple.program.validation import TapeBatch

MOST_BATCHES = 400
# Names under which datasets hold what makes their examples random.
SWITCHES = ("augment", "augmentation", "transform", "transforms", "train", "jitter", "noise")


def steady(loader: Any) -> list[Batch] | None:
    """Return a loader's batches without random transforms; None if they cannot be kept out.

    A switch of the dataset is turned off if one makes it steady, as its author would do it; else
    the streams that it draws from are held still.
    """
    dataset = getattr(loader, "dataset", None)
    if dataset is None:
        return None
    owners = [dataset, getattr(dataset, "dataset", None)]
    for owner in [o for o in owners if o is not None]:
        for name in SWITCHES:
            value = getattr(owner, name, None)
            if value is None or value is False:
                continue
            off = False if value is True else (0.0 if isinstance(value, float) else None)
            with mock.patch.object(owner, name, off):
                try:
                    if not random_examples(loader):
                        return draw(loader, MOST_BATCHES)
                except (TypeError, ValueError, AttributeError):  # No switch after all.
                    continue
    try:
        with still():
            return None if random_examples(loader) else drawn_in_order(loader)
    except (TypeError, ValueError, IndexError):
        return None


def drawn_in_order(loader: Any) -> list[Batch]:
    """Return batches of a loader's dataset in its order, without asking a sampler for chance."""
    size, dataset = int(loader.batch_size or 32), loader.dataset
    collate = loader.collate_fn
    places = [range(i, min(i + size, len(dataset))) for i in range(0, len(dataset), size)]
    return [collate([dataset[i] for i in some]) for some in places[:MOST_BATCHES]]


def _loaders(case: Case) -> Loaders | None:
    """Return the data's loaders, or those that a script was seen to read."""
    return case.trace.facts.get("loaders") or case.trace.facts.get("read")


def _as_captured(case: Case, drawn: list[Batch] | None) -> list[Batch] | None:
    """Return a loader's batches in the form of those captured; None if they hold other tensors."""
    like = case.lab.train[0]
    if not drawn or not isinstance(like, TapeBatch):
        return drawn
    count, made = len(like.inputs), list[Batch]()
    forms = [(t.shape[1:], t.dtype) for t in (*like.inputs, *like.targets)]
    for batch in drawn:
        found = tensors_in(batch)
        if [(t.shape[1:], t.dtype) for t in found] != forms:
            return None
        made.append(TapeBatch(tuple(found[:count]), tuple(found[count:])))
    return made


def validated_steadily(case: Case, finding: Finding) -> Attempt | None:
    """D14: give validation a dataset without random transforms; the trained model stays.

    Fixed: the examples no longer change, and on them the model comes as close as usual to the best
    setup, or scores no worse than on the changed ones.
    """
    loaders = _loaders(case)
    drawn = steady(loaders.val) if loaders is not None and loaders.val is not None else None
    held = _as_captured(case, drawn)
    if not held or case.trained is None:
        return None
    what = "validation examples that do not change"
    return revalidated(case, Mend(what, held=held, logical=True, afresh=True))


def trained_steadily(case: Case, finding: Finding) -> Attempt | None:
    """D13: train without the random transforms."""
    loaders = _loaders(case)
    train = _as_captured(case, steady(loaders.train)) if loaders is not None else None
    if not train:
        return None
    train = case.program.regroup(train, rows=None, seed=0)
    return attempt(case, Mend("the augmentation left out", train=train))


def workers_seeded(case: Case, finding: Finding) -> Attempt | None:
    """D17: seed each worker's generators from torch's own seed of that worker."""
    loaders = case.trace.facts.get("loaders")
    if loaders is None or getattr(loaders.train, "num_workers", 0) < 2:
        return None
    mended = copy.copy(loaders.train)
    object.__setattr__(mended, "worker_init_fn", seed_worker)
    before, after = worker_echo(loaders.train), worker_echo(mended)
    note = f"With a worker_init_fn that seeds every generator, {after:.0%} of the draws are equal"
    return Attempt(after == 0 < before, f"{note} in two workers, {before:.0%} before.")


def batches_once(case: Case, finding: Finding) -> Attempt | None:
    """D17: take each batch once where every worker yields them all."""
    if finding.where != "training dataset":
        return None
    once = {hash_row(case.program.inputs_of(batch)): batch for batch in case.lab.train}
    gone = silent(repeated_batches)
    return attempt(case, Mend("each batch taken once", train=list(once.values()), gone=gone))


def seed_worker(worker: int) -> None:
    """Seed what a worker draws from, its copy of the dataset included, from torch's seed of it."""
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)
    info = torch.utils.data.get_worker_info()
    dataset: Any = info.dataset if info is not None else None
    while dataset is not None:
        for name, value in list(vars(dataset).items()):
            if isinstance(value, np.random.Generator):
                setattr(dataset, name, np.random.default_rng(seed))
            elif isinstance(value, np.random.RandomState | random.Random):
                value.seed(seed)
            elif isinstance(value, torch.Generator):
                value.manual_seed(seed)
        dataset = getattr(dataset, "dataset", None)


REMEDIES: dict[str, list[Remedy]] = {
    "D13": [trained_steadily, fresh_rows],
    "D14": [validated_steadily],
    "D17": [batches_once, workers_seeded],
}

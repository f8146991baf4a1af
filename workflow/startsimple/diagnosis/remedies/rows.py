"""Fixes of the data that leave rows out, or move them between training and validation."""

import math

import torch
from torch import Tensor

from startsimple.diagnosis.batches import first_places, picked, usual_rows, whole
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detectors.data import target_column
from startsimple.diagnosis.detectors.loaders import tiny_batch
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.program.program import Program
from startsimple.program.rows import hash_row
from startsimple.program.subject import Batch

FEWEST = 20
# Where less than this share of the rows is whole, numbers are filled in instead.
FINITE = 0.5
FRESH_ROWS = 100
USUAL_ROWS = 32
ADDED = 0.8


def finite_rows(program: Program, batch: Batch) -> Tensor:
    """Return which rows of a batch hold finite values only, (rows,)."""
    inputs, targets = program.inputs_of(batch), program.targets_of(batch)
    good = torch.ones(len(inputs), dtype=torch.bool)
    for values in (inputs, targets):
        if values is not None and values.is_floating_point() and len(values) == len(good):
            good &= torch.isfinite(values).reshape(len(values), -1).all(1)
    return good


def finite_only(case: Case, finding: Finding) -> Attempt | None:
    """D04: leave out the rows with NaN or infinity, in training and in validation."""
    program = case.program
    splits: list[list[Batch]] = []
    for batches in (case.lab.train, case.lab.held):
        if not batches:
            splits.append([])
            continue
        rows = whole(program, batches)
        good = finite_rows(program, rows).nonzero()[:, 0]
        if len(good) < max(FEWEST, FINITE * len(program.inputs_of(rows))):
            return _filled_in(case)
        splits.append(picked(program, rows, good, max(len(program.inputs_of(b)) for b in batches)))
    train, held = splits
    return attempt(
        case, Mend("the rows that are not finite left out", train=train, held=held, afresh=True)
    )


def _filled_in(case: Case) -> Attempt | None:
    """D04: put numbers where too many rows hold none: a column's bounds for infinity, its mean."""
    program = case.program
    flat = program.inputs_of(whole(program, case.lab.train)).flatten(1)
    if not flat.is_floating_point():
        return None
    finite = torch.isfinite(flat)
    least = flat.where(finite, flat.new_tensor(math.inf)).amin(0)
    most = flat.where(finite, flat.new_tensor(-math.inf)).amax(0)
    known = torch.isfinite(least)  # A column without any number becomes zero.
    least, most = least.where(known, least.new_zeros(())), most.where(known, most.new_zeros(()))
    mean = flat.where(finite, flat.new_zeros(())).sum(0) / finite.sum(0).clamp(min=1)

    def filled(batch: Batch) -> Batch:
        inputs = program.inputs_of(batch)
        columns = inputs.flatten(1)
        columns = columns.where(~columns.isnan(), mean).clamp(least, most)
        return program.with_inputs(batch, columns.reshape(inputs.shape))

    train, held = ([filled(b) for b in part] for part in (case.lab.train, case.lab.held))
    what = "numbers in place of NaN and infinity"
    return attempt(case, Mend(what, train=train, held=held, afresh=True))


def unleaked(case: Case, finding: Finding) -> Attempt | None:
    """D09: take the rows of validation out of training, so that its score is honest.

    The score may fall: what is restored is that it holds for new rows. It counts as fixed if the
    program comes as close as usual to the best setup on the same split, and no row is in both.
    """
    program = case.program
    held = list(program.batches("val"))
    if not held or finding.where != "validation split":
        return None
    known = {hash_row(row) for batch in held for row in program.inputs_of(batch)}
    rows = whole(program, case.lab.train)
    clean = torch.tensor([hash_row(row) not in known for row in program.inputs_of(rows)])
    index = clean.nonzero()[:, 0]
    if len(index) < FEWEST:
        return None
    train = picked(program, rows, index, usual_rows(case))
    left_out = len(clean) - len(index)

    def gone(mended: Case) -> bool:
        seen = {hash_row(row) for batch in mended.lab.train for row in program.inputs_of(batch)}
        return not seen & known

    what = f"the {left_out} training rows left out that validation holds, which makes it honest,"
    return attempt(case, Mend(what, train=train, held=held, afresh=True, gone=gone))


def split_anew(case: Case, finding: Finding) -> Attempt | None:
    """D09: keep each row once, and split them at random, where leaving rows out leaves too little.

    That is the fix where rows were repeated before they were split.
    """
    program, held = case.program, list(case.lab.held)
    if not held or finding.where != "validation split":
        return None
    rows = whole(program, [*case.lab.train, *held])
    keys = [hash_row(row) for row in program.inputs_of(rows)]
    places = torch.tensor(list(first_places(keys).values()))
    share = sum(len(program.inputs_of(batch)) for batch in held) / len(keys)
    cut = int(share * len(places))
    if min(cut, len(places) - cut) < FEWEST:
        return None
    size = usual_rows(case)
    train, val = (
        picked(program, rows, places[cut:], size),
        picked(program, rows, places[:cut], size),
    )
    what = f"the {len(places)} different rows split at random, which makes the score honest,"
    return attempt(case, Mend(what, train=train, held=val, afresh=True, logical=True))


def without_column(case: Case, finding: Finding) -> Attempt | None:
    """D09: blank the feature that is the target, in training and in validation.

    As with `unleaked`, the honest score is held against the best setup on the same inputs.
    """
    kind, _, number = finding.where.partition(" ")
    if kind != "feature":
        return None
    program, column = case.program, int(number)

    def blanked(batch: Batch) -> Batch:
        inputs = program.inputs_of(batch).clone()
        inputs.reshape(len(inputs), -1)[:, column] = 0
        return program.with_inputs(batch, inputs)

    train, held = ([blanked(b) for b in part] for part in (case.lab.train, case.lab.held))
    what = f"feature {column} blanked, which makes the score honest,"

    def gone(mended: Case) -> bool:
        return not list(target_column(mended))

    return attempt(case, Mend(what, train=train, held=held, afresh=True, gone=gone))


def consistent_only(case: Case, finding: Finding) -> Attempt | None:
    """D10: leave out the training rows whose inputs occur with different labels."""
    program, rows = case.program, whole(case.program, case.lab.train)
    inputs, targets = program.inputs_of(rows), program.targets_of(rows)
    if targets is None:
        return None
    labels: dict[int, set[int]] = {}
    keys = [hash_row(row) for row in inputs]
    for key, label in zip(keys, targets, strict=True):
        labels.setdefault(key, set()).add(hash_row(label))
    index = torch.tensor([len(labels[key]) == 1 for key in keys]).nonzero()[:, 0]
    if not FEWEST <= len(index) < len(keys):
        return None
    what = f"the {len(keys) - len(index)} contradictory training rows left out"
    train = picked(program, rows, index, usual_rows(case))
    return attempt(case, Mend(what, train=train, logical=True))


def more_rows(case: Case, finding: Finding) -> Attempt | None:
    """D11: add most of the held-out rows to the training rows, and score on the other ones."""
    program = case.program
    if not case.lab.held:
        return None
    rows = whole(program, case.lab.held)
    order = torch.arange(len(program.inputs_of(rows)))
    more, rest = order.tensor_split([int(ADDED * len(order))])
    size = usual_rows(case)
    train = [*case.lab.train, *picked(program, rows, more, size)]
    train = program.regroup(train, rows=size, seed=SEED)
    what = f"{len(more)} more training rows, each shown as often,"
    held = picked(program, rows, rest, len(rest))
    longer = sum(len(program.inputs_of(b)) for b in train) / sum(
        len(program.inputs_of(b)) for b in case.lab.train
    )
    return attempt(case, Mend(what, train=train, held=held, longer=longer, afresh=True))


def one_distribution(case: Case, finding: Finding) -> Attempt | None:
    """D12: draw training and validation from one pool, each as large as it was."""
    program = case.program
    if not case.lab.held:
        return None
    size = usual_rows(case)
    try:
        pool = whole(program, [*case.lab.train, *case.lab.held])
    except RuntimeError:  # The splits have other shapes.
        return None
    order = torch.arange(len(program.inputs_of(pool)))
    count = sum(len(program.inputs_of(b)) for b in case.lab.held)
    train = picked(program, pool, order[count:], size)
    held = picked(program, pool, order[:count], size)
    return attempt(
        case, Mend("both splits drawn from one pool", train=train, held=held, afresh=True)
    )


def fresh_rows(case: Case, finding: Finding) -> Attempt | None:
    """D07, D08, D12, D13: train on held-out rows, whose labels and inputs are not in doubt."""
    rows = sum(len(case.program.inputs_of(batch)) for batch in case.lab.held)
    if rows < FRESH_ROWS or case.trace.facts.get("loaders") is None:
        return None
    return attempt(case, Mend("rows made like those of validation", (Setup(fresh=True),)))


def larger_batches(case: Case, finding: Finding) -> Attempt | None:
    """D19: leave out batches of a row or two; where all are so small, draw 32 rows a batch."""
    program = case.program

    def gone(mended: Case) -> bool:
        return not list(tiny_batch(mended))

    train = [b for b in case.lab.train if len(program.inputs_of(b)) > 2]
    what = "the tiny last batch dropped"
    if not train:
        try:
            regrouped = program.regroup(case.lab.train, rows=USUAL_ROWS, seed=SEED)
        except RuntimeError:
            return None
        train = [b for b in regrouped if len(program.inputs_of(b)) > 2]
        what = f"batches of {USUAL_ROWS} rows"
    return attempt(case, Mend(what, train=train, gone=gone))


REMEDIES: dict[str, list[Remedy]] = {
    "D04": [finite_only],
    "D09": [unleaked, split_anew, without_column],
    "D10": [consistent_only],
    "D11": [more_rows],
    "D12": [fresh_rows, one_distribution],
    "D08": [fresh_rows],
    "D19": [larger_batches],
}

"""Fixes of labels: classes weighted or sampled evenly, doubtful labels left out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from startsimple.diagnosis.batches import first_places, picked, usual_rows, whole
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detectors.holdouts import TRAINING_LABELS
from startsimple.diagnosis.detectors.imbalance import quick_recalls
from startsimple.diagnosis.experiment import RESTORED
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.objective import labels_of
from startsimple.diagnosis.quick import class_labels
from startsimple.diagnosis.remedies.remedy import (
    Attempt,
    Mend,
    Remedy,
    attempt,
    first_fixed,
    mended_lab,
)
from startsimple.diagnosis.remedies.rows import FEWEST, fresh_rows
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.diagnosis.tables import ROWS, Table
from startsimple.program.rows import hash_row
from startsimple.program.subject import Batch

FOLDS = 5
TREES = 100
# A label that the other rows give less than this share of the best class's chance is doubtful.
DOUBTFUL = 0.5
# In simulation three of four swapped values are this far off, and one of six right ones.
FAR_OFF, TRUSTED = 3.0, 0.3
ROUNDS = 4


def classes_even(case: Case, finding: Finding) -> Attempt | None:
    """D06: weight the classes, or sample them evenly, and look at the mean recall.

    Accuracy hardly tells whether rare classes are found, so the measure here is the mean recall
    over classes: fixed means RESTORED of what a class-weighted quick model reaches, or more.
    """
    if case.trained is None or not case.lab.targets:
        return None
    before, goal = case.recall(case.trained) or 0.0, quick_recalls(case)[0]

    def judged(mend: Mend) -> Attempt:
        rig, _ = mended_lab(case, mend).trained(mend.setups[0])
        after = case.recall(rig.program) or 0.0
        note = f"With {mend.what} the mean recall goes from {before:.2f} to {after:.2f}"
        note += f" (a class-weighted quick model: {goal:.2f})."
        return Attempt(after >= RESTORED * goal > before, note)

    mends = (
        Mend("the classes weighted", (Setup(balanced=True),)),
        Mend("the classes sampled evenly", train=evenly(case)),
    )
    return first_fixed(map(judged, mends))


def evenly(case: Case) -> list[Any]:
    """Return training batches of as many rows in all, in which every class is as frequent."""
    program = case.program
    rows = whole(program, case.lab.train)
    targets = program.targets_of(rows)
    assert targets is not None
    labels = labels_of(targets, program.task).clamp(min=0)
    counts = torch.bincount(labels).float()
    generator = torch.Generator().manual_seed(SEED)
    index = torch.multinomial(1 / counts[labels], len(labels), True, generator=generator)
    return picked(program, rows, index, usual_rows(case))


def undoubted(case: Case, finding: Finding) -> Attempt | None:
    """D07: leave out the rows whose label the other rows contradict.

    Where labels are wrong in both splits, right answers count as wrong on validation rows, too:
    then such rows are left out there as well, and the best score is found anew.
    """
    if case.program.task.kind == "other":
        return None
    train = _undoubted(case, case.lab.train)
    if train is None:
        return None
    what = f"{train[1]} training rows left out, whose labels the others contradict,"
    if finding.where == TRAINING_LABELS or not case.lab.held:
        return attempt(case, Mend(what, train=train[0]))
    held = _undoubted(case, case.lab.held)
    if held is None:
        return None
    what = f"{train[1]} training and {held[1]} validation{what.partition(' training')[2]}"
    return attempt(case, Mend(what, train=train[0], held=held[0], afresh=True))


def _undoubted(case: Case, batches: Sequence[Batch]) -> tuple[list[Batch], int] | None:
    """Return batches without the rows in doubt, and how many different rows those are."""
    program, rows = case.program, whole(case.program, batches)
    inputs, targets = program.inputs_of(rows), program.targets_of(rows)
    if targets is None or len(targets) != len(inputs):
        return None
    keys = [hash_row(row) for row in inputs]
    # A row seen twice would answer for itself.
    first = list(first_places(keys).values())[:ROWS]
    x = inputs[first].detach().reshape(len(first), -1).double().numpy()
    y = targets[first].detach().reshape(len(first), -1).double().numpy()
    doubted = doubtful(Table(x, y), program.task)
    bad = {keys[place] for place, doubt in zip(first, doubted, strict=True) if doubt}
    index = torch.tensor([key not in bad for key in keys]).nonzero()[:, 0]
    if not bad or len(index) < FEWEST:
        return None
    return picked(program, rows, index, usual_rows(case)), len(bad)


def doubtful(table: Table, task: Any) -> Any:
    """Return which labels a forest that has not seen them contradicts, (rows,)."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_predict

    x = np.nan_to_num(table.x).astype(np.float32)
    if task.kind == "regression":
        return _far_off(x, table.y)
    labels = class_labels(table.y, task)
    if labels.ndim > 1:
        return np.zeros(len(labels), dtype=bool)
    kinds, places = np.unique(labels, return_inverse=True)
    model = RandomForestClassifier(TREES, random_state=SEED, min_samples_leaf=2)
    chance = cross_val_predict(model, x, labels, cv=FOLDS, method="predict_proba")
    given = np.asarray(chance)[np.arange(len(labels)), places]
    return given < DOUBTFUL * np.asarray(chance).max(1) if len(kinds) > 1 else given < 0


def _far_off(x: Any, y: Any) -> Any:
    """Return which values lie far from what a forest says that was fitted on trusted rows."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.model_selection import KFold

    trusted = np.ones(len(x), dtype=bool)
    for _ in range(ROUNDS):
        off = np.zeros(len(x))
        for fit, ask in KFold(FOLDS, shuffle=True, random_state=SEED).split(x):
            rows = fit[trusted[fit]]
            model = RandomForestRegressor(TREES // 2, random_state=SEED)
            guess = model.fit(x[rows], y[rows].squeeze()).predict(x[ask])
            off[ask] = np.abs(guess.reshape(len(ask), -1) - y[ask]).max(1)
        # Most of the smallest third are right even where half of the values are not.
        trusted = off <= FAR_OFF * np.quantile(off, TRUSTED)
    return ~trusted


REMEDIES: dict[str, list[Remedy]] = {"D06": [classes_even], "D07": [undoubted, fresh_rows]}

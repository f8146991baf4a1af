"""Held-out rows to train on: restores programs whose training rows or labels are damaged."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.quick import domain_auc
from startsimple.diagnosis.setup import Setup

ROWS_NEEDED = 100
SAME_DOMAIN = 0.8
MEMORISED = 0.7


def applies(case: Case) -> bool:
    """Say whether there are rows enough that were held out by a loader of their own."""
    rows = sum(len(case.program.inputs_of(batch)) for batch in case.lab.held)
    return rows >= ROWS_NEEDED and case.trace.facts.get("loaders") is not None


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell damaged inputs (D13 by chance, D12 for good) from damaged labels (D07, D08)."""
    if case.trace.facts.get("random_train"):
        return Attribution("D13", "training transform", "the training transform draws at random")
    train, val = case.train_table, case.val_table
    auc = domain_auc(train.x, val.x) if train is not None and val is not None else 0.5
    note = f"train and validation inputs differ with AUC {auc:.2f}"
    if auc > SAME_DOMAIN:
        return Attribution("D12", "validation inputs", note)
    learnt = case.lab.run(Setup()).score
    return Attribution("D08" if learnt < 0.1 else "D07", "training labels", note)


INTERVENTION = Intervention("held-out rows to train on", [{"fresh": True}], attribute, 1.0, applies)

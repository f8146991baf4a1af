"""Looks at whether both splits were scaled alike."""

from collections.abc import Iterator

import numpy as np

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding

# Spreads of features in two splits of one kind differ by far less than this factor on average.
FACTOR = 2.5
ROWS_NEEDED, FEATURES_NEEDED = 20, 3
WORSE = 0.05


def scaled_apart(case: Case) -> Iterator[Finding]:
    """D12: features of validation are spread far more widely, or less, than in training."""
    train, val = case.train_table, case.val_table
    if train is None or val is None or train.x.shape[1] != val.x.shape[1]:
        return
    if min(len(train.x), len(val.x)) < ROWS_NEEDED:
        return
    # Between quartiles, so that no outlier decides.
    spreads = np.stack([np.subtract(*np.quantile(t.x, (0.75, 0.25), axis=0)) for t in (train, val)])
    live = (spreads > 0).all(0)
    if live.sum() < FEATURES_NEEDED:
        return
    ratio = float(np.exp(np.abs(np.log(spreads[1, live] / spreads[0, live])).mean()))
    observed = case.observed
    if ratio < FACTOR or observed.train - observed.held < WORSE:
        return
    note = f"Spreads of features differ {ratio:.3g}-fold between the splits on average."
    shown = f"Training rows are scored {observed.train:.2f}, validation rows {observed.held:.2f}."
    yield Finding("D12", 0.94, [note, shown], "validation transform")


DETECTORS = [Detector("scaled-alike", "both splits are scaled alike", scaled_apart)]

"""Looks at the data alone: values, labels, splits and the agreement between them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.experiment import GOOD, GOOD_RATES, LEARNS
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.quick import domain_auc, forest_skill, within_skill
from startsimple.diagnosis.relations import always_new, related, rows_belong_together
from startsimple.program.rows import hash_row
from startsimple.program.spy import tensors_in
from startsimple.program.tasks import FEW_LABELS

ROWS_NEEDED = 60
LEAK = 0.02
HALF = 0.5
ONE_ROW = 0.9
MOST_SEEN = 0.9
TWICE = 2.0
COPY = 0.9995
SAME_DOMAIN = 0.8
BETTER = 0.25
NO_SIGNAL = 0.08


def non_finite(case: Case) -> Iterator[Finding]:
    """D04: a value in any batch is NaN or infinite (D-08)."""
    bad = total = 0
    for split in ("train", "val"):
        for batch in case.program.batches(split):
            for tensor in tensors_in(
                [case.program.inputs_of(batch), case.program.targets_of(batch)]
            ):
                if tensor.is_floating_point():
                    bad += int((~torch.isfinite(tensor)).sum())
                    total += tensor.numel()
    if bad:
        yield Finding("D04", 0.99, [f"{bad} of {total} values are NaN or infinite."], "data loader")


def constant(case: Case) -> Iterator[Finding]:
    """D05: all labels, or all but a few inputs, are equal (D-07)."""
    table = case.train_table
    if table is None or len(table.y) < 8:
        return
    same = bool((table.y == table.y[0]).all()) and not _several_goals(case)
    if same and (
        case.val_table is None or len(np.unique(case.val_table.y)) > 1 or len(table.y) > 30
    ):
        note = f"All {len(table.y)} training labels equal {table.y[0].ravel()[:3].tolist()}."
        yield Finding("D05", 0.97, [note], "training labels")
    if not np.isfinite(table.x).all():  # What is no number has lost whatever it was.
        return
    usual = Counter(row.tobytes() for row in table.x).most_common(1)[0][1]
    if usual > ONE_ROW * len(table.x):
        note = f"{usual} of {len(table.x)} training inputs are equal."
        yield Finding("D05", 0.97, [note], "training inputs")
        return
    columns, outcome = table.x.shape[1], case.outcome
    flat = int((table.x == table.x[0]).all(0).sum())
    # Pictures have dark borders: only where nothing is learnt are such columns to blame.
    if outcome is None or not outcome.scored or outcome.ceiling > 2 * NO_SIGNAL:
        return
    if columns > 2 and flat > HALF * columns:
        note = f"{flat} of {columns} features have one value in all training rows."
        yield Finding("D05", 0.95, [note], "training inputs")


def _several_goals(case: Case) -> bool:
    """Whether a step compares with other constants, too, as with real and with fake."""
    goals = getattr(case.lab.train[0], "targets", ())
    return len(goals) > 1 and any(not torch.equal(goals[0], goal) for goal in goals[1:])


def target_column(case: Case) -> Iterator[Finding]:
    """D09: one of several features is the target itself (D-13)."""
    table = case.train_table
    if table is None or table.x.shape[1] < 3 or table.y.shape[1] != 1 or len(table.x) < ROWS_NEEDED:
        return
    if not case.program.inputs_of(case.lab.train[0]).is_floating_point():
        return  # Of a row of symbols, the target may well be one.
    x, y = table.x[:, :2000], table.y[:, 0]
    spread = x.std(0) * y.std()
    usable = spread > 0
    corr = np.abs(((x - x.mean(0)) * (y - y.mean())[:, None]).mean(0)[usable] / spread[usable])
    if len(corr) and corr.max() > COPY and (corr > COPY).sum() < len(corr):
        column = int(np.flatnonzero(usable)[corr.argmax()])
        note = f"Feature {column} correlates {corr.max():.4f} with the target."
        yield Finding("D09", 0.95, [note], f"feature {column}")


def leak(case: Case) -> Iterator[Finding]:
    """D09: rows of validation occur in training, though chance would repeat none (D-05)."""
    program, table = case.program, case.train_table
    train = [hash_row(r) for b in program.batches("train") for r in program.inputs_of(b)]
    val = [hash_row(r) for b in program.batches("val") for r in program.inputs_of(b)]
    if not val:
        val = [hash_row(r) for rows in _unscored(case) for r in rows]
        # Who looks at all rows at last, to draw them or so, does not score them.
        val = [] if len({*train} & {*val}) > MOST_SEEN * len({*train}) else val
    if len(val) < 20 or not train or table is None:
        return
    if related(case):  # One graph, of whose rows training and validation look at some each.
        return
    known = set(train)
    shared = sum(row in known for row in val) / len(val)
    if few_values(table.x) and shared < TWICE * repeated(train) + LEAK:
        return
    # A script that fits a curve and scores it on the same points says so; a loader does not.
    whole = shared > 0.95 and case.trace.facts.get("loaders") is None
    if shared > LEAK and not whole:
        note = f"{shared:.1%} of the {len(val)} validation rows occur in training."
        yield Finding("D09", 0.96, [note], "validation split")


def _unscored(case: Case) -> list[Tensor]:
    """Return what a script's last evaluation looks at, if what it is compared with is unknown."""
    late = [e for e in case.trace.evaluations if not e.grad and not e.training and e.step]
    return [e.inputs for e in late if e.step == late[-1].step and e.inputs is not None]


def few_values(x: np.ndarray) -> bool:
    """Say whether every column takes few values, so that chance can repeat whole rows."""
    columns = x[:1000].T[:200]
    distinct = max((len(np.unique(column)) for column in columns), default=0)
    return distinct < 0.3 * min(len(x), 1000)


def repeated(rows: list[int]) -> float:
    """Return the share of one half of the rows, given as hashes, that the other half holds."""
    order = np.random.default_rng(0).permutation(len(rows))
    one, two = (
        [rows[i] for i in part] for part in (order[: len(rows) // 2], order[len(rows) // 2 :])
    )
    known = set(one)
    return sum(row in known for row in two) / max(len(two), 1)


def agreement(case: Case) -> Iterator[Finding]:
    """D07, D08, D10, D12, D13: what can be learnt within train, within validation, across."""
    train, val, task = case.train_table, case.val_table, case.program.task
    if train is None or val is None or task.kind == "other" or train.x.shape[1] > 4000:
        return
    if len(train.x) < ROWS_NEEDED or len(val.x) < ROWS_NEEDED or val.x.shape[1] != train.x.shape[1]:
        return
    if train.y.shape[1] != val.y.shape[1] or train.y.shape[1] > 40:
        return
    size = min(len(train.x), len(val.x), 1000)
    inside, outside = within_skill(train, task, size), within_skill(val, task, size)
    across = forest_skill(train, val, task)
    shown = (
        f"A forest learns {inside:.2f} within train, {outside:.2f} within validation, "
        f"{across:.2f} from train to validation."
    )
    worse = outside - inside > BETTER and max(inside, across) < 0.75 * outside
    apart = across < 0.6 * min(inside, outside) and min(inside, outside) > 0.3
    if not (worse or apart):
        return
    auc = domain_auc(train.x, val.x)
    if auc < SAME_DOMAIN and forest_skill(train, val, task, units=False) > 0.6 * outside:
        return
    evidence = [shown, f"Train and validation inputs differ with AUC {auc:.2f}."]
    if worse and (case.trace.facts.get("random_train") or always_new(case)):
        yield Finding("D13", 0.93, evidence, "training transform")
    elif worse and auc < SAME_DOMAIN:
        fault = "D08" if inside < max(NO_SIGNAL, 0.2 * outside) else "D07"
        yield Finding(fault, 0.93, evidence, "training labels")
    elif worse:
        yield Finding("D10", 0.75, evidence, "training inputs")
        yield Finding("D12", 0.6, evidence, "validation inputs")
    elif apart:
        yield Finding("D12", 0.9 if auc > SAME_DOMAIN else 0.6, evidence, "validation inputs")


def no_signal(case: Case) -> Iterator[Finding]:
    """D08: neither the program nor any known-good setup predicts rows it was not trained on."""
    outcome = case.outcome
    if outcome is None or not case.lab.held or not outcome.scored:
        return
    if case.program.task.kind == "other" or rows_belong_together(case):
        return
    if outcome.ceiling > NO_SIGNAL or not _unrelated(case):
        return
    note = f"No setup predicts held-out rows: the best scores {outcome.ceiling:.2f}, chance is 0."
    memorised = max((run.train for run in case.lab.runs.values()), default=case.observed.train)
    # Labels that the inputs decide tell labels at fault from a program that learns nothing.
    learnt = case.lab.run(replace(GOOD, adam=GOOD_RATES[0], synthetic=True)).score
    evidence = [
        note,
        f"Training rows are learnt to {memorised:.2f}.",
        f"Made-up labels that the same inputs decide are learnt to {learnt:.2f}.",
    ]
    yield Finding("D08", 0.9 if learnt > LEARNS else 0.7, evidence, "labels")


def _unrelated(case: Case) -> bool:
    """Whether no forest predicts the labels either; of several inputs at once none is asked."""
    train, task = case.train_table, case.program.task
    if train is None:
        batches = case.lab.train
        rows = len({hash_row(r) for batch in batches for r in case.program.inputs_of(batch)})
        return case.program.several and not case.program.derived and rows >= ROWS_NEEDED
    enough = len(train.x) >= ROWS_NEEDED and len(np.unique(train.y)) > 1
    return enough and within_skill(train, task) <= 2 * NO_SIGNAL


def conflicts(case: Case) -> Iterator[Finding]:
    """D10: equal inputs carry different labels."""
    table, task = case.train_table, case.program.task
    rows = int(case.trace.facts.get("epoch_rows") or 0)
    if table is None or task.kind not in ("classification", "binary") or not rows:
        return
    labels: dict[bytes, set[float]] = {}
    for x, y in zip(table.x[:rows], table.y[:rows], strict=True):
        labels.setdefault(x.tobytes(), set()).add(float(y.ravel()[0]))
    repeated = rows - len(labels)
    clash = sum(len(values) > 1 for values in labels.values())
    if clash > 0.1 * len(labels) and repeated and len(labels) > FEW_LABELS and table.x.shape[1] > 3:
        yield Finding(
            "D10", 0.85, [f"{clash} inputs occur with different labels."], "training labels"
        )


DETECTORS = [
    Detector("finite", "every value is finite", non_finite),
    Detector("constant", "inputs and labels vary", constant),
    Detector("target-column", "no feature is the target", target_column),
    Detector("leak", "no validation row occurs in training", leak),
    Detector("agreement", "train and validation teach the same", agreement),
    Detector("no-signal", "labels can be predicted from inputs", no_signal),
    Detector("conflicts", "equal inputs have equal labels", conflicts),
]

"""Looks at what the program's network makes of rows that it was not trained on, in both splits."""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.errors import Errors
from startsimple.diagnosis.experiment import GAP, RELATIVE
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.holdout import (
    Holdout,
    best_setup,
    holdout,
    learner,
    mirrored,
    parts,
    with_more_rows,
)
from startsimple.diagnosis.quick import domain_auc, forest_skill, halves
from startsimple.diagnosis.relations import always_new, rows_belong_together
from startsimple.diagnosis.tables import Table

# One-sided chance of 2e-4: five hundred correct programs raise one false alarm in ten.
Z = 3.5
# Splits are told apart surely above this area, three standard errors included.
APART = 0.8
# The margin below which no difference between two sets of rows is looked into.
ALIKE = 0.1
TRAINING_LABELS = "training labels"
# Differences of errors, in shares of the constant answer's; these and LEARNT are fitted on the
# visible programs, as is WRONG.
MUCH = 0.25
SUSPECT, WORSE = 1.5, 0.06
MORE = 0.1
DOMAIN_ROWS = 400
# Squared errors, one over the other; and where one column divides the splits, as in a sorted table.
FARTHER, FARTHER_DIVIDED = 4.0, 2.0
DIVIDED = 0.95
# Confident answers that are wrong as often as all others are: noise that knows no place.
PLATEAU = 0.85
WRONG = 0.27
SURELY = 0.2
HARMLESS = 0.1
MEANT = 0.45
LEARNT = 0.3
KNOWN = 0.8


def splits(case: Case) -> Iterator[Finding]:
    """D07, D10, D12: held-out training rows and validation rows are answered unequally well."""
    seen = None if rows_belong_together(case) else holdout(case)
    if seen is None:
        return
    train, val = case.train_table, case.val_table
    if train is None or val is None or train.x.shape[1] != val.x.shape[1]:
        return
    auc, noise = domain(train, val)
    evidence = [
        f"Of the constant answer's errors the network makes {seen.inside.share:.0%} on held-out "
        f"training rows and {seen.outside.share:.0%} on validation rows ({abs(seen.z):.1f} "
        f"standard errors apart).",
        f"A forest tells the inputs of the splits apart with AUC {auc:.2f}.",
    ]
    alike = auc < 0.5 + max(ALIKE, noise)
    # Hashing rows and training once more are for those alone of whom there is something to ask.
    steady = seen.z > SUSPECT and not case.trace.facts.get("random_train") and not always_new(case)
    worse = seen.z > Z and seen.gap > GAP
    # Where validation rows are not answered either, no labels are the better ones.
    known = seen.outside.share < KNOWN
    if steady and alike and known and (worse or told_both_ways(case, seen)) and _costly(case, seen):
        yield Finding("D07", 0.93, evidence, TRAINING_LABELS)
    elif steady and worse and auc - noise > APART:
        yield from _noisy_inputs(case, evidence)
    elif auc - noise > APART and (
        (seen.z < -Z and -seen.gap > MUCH)
        or farther_off(seen, case.program.task.kind, divided=divided_by_a_column(train, val))
    ):
        yield from _shifted(case, evidence)
    elif noise_everywhere(seen):
        yield from _plateau(seen)


def domain(train: Table, val: Table) -> tuple[float, float]:
    """Return how well a forest tells two splits apart, and three standard errors of that."""
    rows = min(len(train.x), len(val.x), DOMAIN_ROWS)
    return domain_auc(train.x, val.x), 3 * ((2 * rows + 1) / (12 * rows * rows)) ** 0.5


def told_both_ways(case: Case, seen: Holdout) -> bool:
    """Whether training labels are the worse ones, too, for a network that learns the others."""
    if seen.gap < WORSE:
        return False
    back = mirrored(case)
    return back is not None and seen.z + back.z > Z * 2**0.5 and back.gap > GAP


def _costly(case: Case, seen: Holdout) -> bool:
    """Whether wrong labels mislead the network, or are half of all; fewer may well be meant."""
    reached = case.outcome.ceiling if case.outcome is not None else 1.0
    misled = seen.outside.share > HARMLESS or case.observed.score < RELATIVE * reached
    return misled or seen.inside.share > MEANT


def divided_by_a_column(train: Table, val: Table) -> bool:
    """Whether one column's validation values lie beyond all of training's, on one side."""
    above = (val.x > train.x.max(0)).mean(0).max()
    below = (val.x < train.x.min(0)).mean(0).max()
    return bool(max(above, below) >= DIVIDED)


def farther_off(seen: Holdout, kind: str, *, divided: bool) -> bool:
    """Whether values of validation rows are missed by far more than those of training rows.

    Where the targets of a split spread wider, too, shares of the constant answer's error hide that.
    """
    if kind != "regression":
        return False
    inside, outside = seen.inside.rows, seen.outside.rows
    error = sum(rows.var(ddof=1) / len(rows) for rows in (inside, outside)) ** 0.5
    # Splits that a column divides do differ; all there is to ask is whether that does harm.
    times, sure = (FARTHER_DIVIDED, SUSPECT) if divided else (FARTHER, Z)
    surely = outside.mean() - inside.mean() > sure * error
    return bool(surely and outside.mean() > times * inside.mean())


def _refit(case: Case) -> tuple[Errors, Errors] | None:
    """Return the errors on validation rows after training on train, and on other validation."""
    setup, rows = best_setup(case), 10**9
    fit, rest = parts(case, case.lab.held, rows)
    own = learner(case, case.lab.train, setup).errors(rest)
    other = learner(case, fit, setup).errors(rest)
    return None if own is None or other is None else (own, other)


def _noisy_inputs(case: Case, evidence: list[str]) -> Iterator[Finding]:
    """D10 if the noise of the training inputs costs score where there is none."""
    errors = _refit(case)
    if errors is not None and errors[0].share - errors[1].share > GAP:
        note = _shown(*errors)
        yield Finding("D10", 0.85, [*evidence, note], "training inputs")


def _shifted(case: Case, evidence: list[str]) -> Iterator[Finding]:
    """D12 if validation rows can be answered, only not by what training teaches."""
    errors = _refit(case)
    if errors is None:
        return
    own, other = errors
    less = own.share - other.share > MUCH or own.rows.mean() > FARTHER * other.rows.mean()
    if other.rows.mean() < 0.5 * own.rows.mean() and less:
        yield Finding("D12", 0.9, [*evidence, _shown(own, other)], "validation inputs")


def _shown(own: Errors, other: Errors) -> str:
    return (
        f"Trained on validation rows instead, it makes {other.share:.1%} of the constant answer's "
        f"errors on other ones, not {own.share:.1%}."
    )


def confident(seen: Holdout) -> tuple[int, int, float]:
    """Return the rows of the surest quarter, how many are wrong, and the share wrong of all."""
    errors = (seen.inside, seen.outside)
    top = [e.rows[e.sure >= np.quantile(e.sure, 0.75)] for e in errors]
    surest = np.concatenate(top)
    return len(surest), int(surest.sum()), float(np.concatenate([e.rows for e in errors]).mean())


def noise_everywhere(seen: Holdout) -> bool:
    """Whether classes are learnt well, yet confident answers are wrong as often as all others.

    Where classes overlap, rows far from the border are hardly ever wrong; random labels are
    spread evenly.
    """
    if not (seen.inside.sure.any() and seen.outside.sure.any()):
        return False
    if min(seen.inside.skill[0], seen.outside.skill[0]) < LEARNT:
        return False
    rows, wrong, everywhere = confident(seen)
    low = stats.binomtest(wrong, rows).proportion_ci(0.95).low
    return low > SURELY and wrong / rows > max(WRONG, PLATEAU * everywhere)


def _plateau(seen: Holdout) -> Iterator[Finding]:
    rows, wrong, everywhere = confident(seen)
    note = (
        f"Of the {rows} rows with the surest answers {wrong / rows:.0%} have another label, of all "
        f"{everywhere:.0%}: the errors lie at no border between classes."
    )
    yield Finding("D07", 0.7, [note], "labels")


def too_few(case: Case) -> Iterator[Finding]:
    """D11: a few more rows of the same kind raise the held-out score a lot."""
    train, val, task = case.train_table, case.val_table, case.program.task
    if train is None or val is None or task.kind == "other" or train.x.shape[1] > 4000:
        return
    rows = int(case.trace.facts.get("epoch_rows") or len(train.x))
    if rows > 150 or len(val.x) < rows or val.x.shape != (len(val.x), train.x.shape[1]):
        return
    more, rest = halves(val)
    few = forest_skill(train, rest, task)
    joined = type(train)(np.concatenate([train.x, more.x]), np.concatenate([train.y, more.y]))
    many = forest_skill(joined, rest, task)
    # A program that does as well with its few rows is not short of them.
    if many - few <= MORE or case.observed.score >= many - MORE:
        return
    own = with_more_rows(case)
    # Whatever would help a forest: it is the program itself that must gain by more rows.
    if own is None or own[0].share - own[1].share > MORE:
        evidence = [
            f"{rows} training rows; a forest goes from {few:.2f} to {many:.2f} with "
            f"{len(more.x)} more."
        ]
        if own is not None:
            skills = " to ".join(f"{1 - errors.share:.2f}" for errors in own)
            evidence.append(f"With more rows the program itself goes from {skills}.")
        yield Finding("D11", 0.85, evidence, "training split")


DETECTORS = [
    Detector("holdout", "held-out rows of both splits are answered alike", splits),
    Detector("too-few", "the training rows suffice", too_few),
]

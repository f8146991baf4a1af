"""Looks at classes that nothing tells apart, among others that are told well."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.experiment import GOOD, GOOD_RATES
from startsimple.diagnosis.finding import Finding
from startsimple.program.program import Program

Classes = NDArray[np.int64]

# The mean recall within a group lies less than this above that of chance, with 97.5 % certainty,
# of no fewer rows a class than these; the other classes have this recall or more.
CLOSE = 0.1
SURE = 1.96
ROWS = 30
TOLD = 0.8


def merged(case: Case) -> Iterator[Finding]:
    """D10: some classes are taken for each other by chance, whatever is trained; others are not."""
    outcome, task = case.outcome, case.program.task
    if outcome is None or outcome.harmed or not outcome.scored or case.trained is None:
        return
    if task.kind != "classification" or not case.lab.held:
        return
    groups = confused(case)
    for other in ({}, {"default": True}):
        if groups:
            rig, _ = case.lab.trained(replace(GOOD, adam=GOOD_RATES[1], **other))
            answers = _answers(case, rig.program)
            groups = [g for g in groups if answers and not _apart(*answers, g)]
    if not groups:
        return
    shown = "; ".join(", ".join(map(str, group)) for group in groups)
    note = f"On unseen rows the classes {shown} are taken for each other by chance, others are not."
    yield Finding("D10", 0.9, [note, "Another network tells them no better."], f"classes {shown}")
    yield Finding("D07", 0.6, [note], "labels")


def confused(case: Case) -> list[tuple[int, ...]]:
    """Return the groups of classes that the trained program's answers do not tell apart.

    Empty where it does not tell all other classes well.
    """
    answers = _answers(case, case.trained) if case.trained is not None else None
    if answers is None:
        return []
    guess, truth = answers
    kinds = [int(k) for k in np.unique(truth)]
    close = [_told(guess, truth, both)[0] < 0.5 + CLOSE for both in combinations(kinds, 2)]
    matrix = np.zeros((len(kinds), len(kinds)), dtype=bool)
    matrix[np.triu_indices(len(kinds), 1)] = close
    labels = connected_components(matrix, directed=False)[1]
    groups = [tuple(np.compress(labels == k, kinds).tolist()) for k in np.unique(labels)]
    recalls = [(guess[truth == g[0]] == g[0]).mean() for g in groups if len(g) == 1]
    if not recalls or min(recalls) < TOLD:
        return []
    return sorted(g for g in groups if len(g) > 1 and _by_chance(guess, truth, g))


def _answers(case: Case, program: Program) -> tuple[Classes, Classes] | None:
    pair = case.predictions(program)
    return None if pair is None else (pair[0].numpy(), pair[1].numpy())


def _told(guess: Classes, truth: Classes, group: tuple[int, ...]) -> tuple[float, float, int]:
    """Return mean recall, its standard error and the fewest rows of a class, within a group."""
    inside = np.isin(guess, group)
    hits = [guess[inside & (truth == k)] == k for k in group]
    rows = min(map(len, hits))
    if not rows:
        return 1.0, 0.0, 0
    error = sum(h.var() / len(h) for h in hits) ** 0.5 / len(group)
    return float(np.mean([h.mean() for h in hits])), float(error), rows


def _by_chance(guess: Classes, truth: Classes, group: tuple[int, ...]) -> bool:
    recall, error, rows = _told(guess, truth, group)
    return rows >= ROWS and recall + SURE * error < 1 / len(group) + CLOSE


def _apart(guess: Classes, truth: Classes, group: tuple[int, ...]) -> bool:
    recall, error, _ = _told(guess, truth, group)
    return recall - SURE * error > 1 / len(group) + CLOSE


DETECTORS = [Detector("merged", "every class is told from every other", merged)]

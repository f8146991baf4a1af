"""Do the held-out splits have the distribution that is declared: one, or two."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Split
from startsimple.data.reference import Reference, fit
from startsimple.data.splits import TEST_VAL, folds
from startsimple.data.targets import Floats
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status, judge

_TYPICAL = 10


@dataclass(frozen=True)
class Shift:
    """How a held-out set differs from the validation split.

    Attributes:
        p: p-value that both have one distribution, corrected for the number of tests.
        tests: How many tests were made.
        auc: How well unseen examples are told apart: 0.5 not at all, 1 always.
        typical: Keys of the other set's unseen examples that are least like validation ones.
    """

    p: float
    tests: int
    auc: float
    typical: list[int]


def check_declared(shift: str | None, splits: tuple[str, ...]) -> Check:
    """D-16: if train and test have two distributions, each has its validation split.

    Args:
        shift: What differs, as the dataset declares it; None if nothing does.
        splits: Names of the splits that the dataset holds.
    """
    held = TEST_VAL in splits
    told = "one distribution" if shift is None else "two distributions"
    kept = "two validation splits" if held else "one validation split"
    remedy = (
        ""
        if held is (shift is not None)
        else " Declare what differs in dataset.shift."
        if held
        else " Let the source return test_val, drawn as test is."
    )
    return judge(
        "D-16",
        "declared distributions",
        kept,
        "==",
        "one validation split" if shift is None else "two validation splits",
        source="method D-16",
        evidence=f"{told} declared{f' ({shift})' if shift else ''}, {kept} stored.{remedy}",
    )


def check_shift(found: Shift, shift: str | None, other: str, settings: DataStage) -> Check:
    """D-17: the validation split differs from the test's distribution only if that is declared.

    An undeclared difference that is small warns: with many examples a trifle is significant. A
    declared one that cannot be seen warns as well.

    Args:
        found: The two-sample tests of the validation split against the other one.
        shift: What differs, as the dataset declares it; None if nothing does.
        other: Name of the other split: test_val, or test if there is none.
        settings: Significance, and the largest difference that only warns.
    """
    severe = shift is None and found.auc > settings.shift_auc_max
    seen = "differ" if found.p <= settings.shift_alpha else "are not told apart"
    return judge(
        "D-17",
        "shift between validation and test",
        round(found.p, 4),
        ">" if shift is None else "<=",
        settings.shift_alpha,
        source="method D-17: Rabanser et al., 2019",
        evidence=f"val and {other} {seen} by {found.tests} tests (smallest p {found.p:.2g} after "
        f"Bonferroni's correction); a classifier tells unseen ones apart with AUC {found.auc:.3f}."
        f"{' Declare it in dataset.shift and add test_val.' if severe else ''}",
        otherwise=Status.FAIL if severe else Status.WARN,
    )


def find_shift(reference: Reference, other: Split) -> Shift:
    """Test whether validation inputs and another split's have one distribution.

    The outputs of the reference, which was fitted to training labels, are compared one by one
    (Kolmogorov-Smirnov), and a classifier is fitted to tell the sets apart on one half of the
    examples and judged on the other (Mann-Whitney). Labels of the other split are not used.

    Args:
        reference: Fitted on training examples; brings the validation split.
        other: Standardised examples of the other split.
    """
    stats: Any = import_module("scipy.stats")
    described = reference.features(other)
    outputs = (reference.held_out, reference.scores(described))
    pvalues = [
        float(stats.ks_2samp(first, second).pvalue)
        for first, second in zip(outputs[0].T, outputs[1].T, strict=True)
    ]
    scores, origin, keys = _told_apart(reference, other, described)
    ours, theirs = scores[origin == 0], scores[origin == 1]
    test = stats.mannwhitneyu(theirs, ours, alternative="greater")
    pvalues.append(float(test.pvalue))
    order = np.lexsort((keys, -scores.round(9)))
    typical = keys[order[origin[order] == 1]][:_TYPICAL]
    return Shift(
        p=bonferroni(pvalues),
        tests=len(pvalues),
        auc=float(test.statistic / (len(ours) * len(theirs))),
        typical=[int(key) for key in typical],
    )


def bonferroni(pvalues: list[float]) -> float:
    """Return the smallest of several p-values, corrected for their number."""
    return min(1.0, len(pvalues) * min(pvalues))


def _told_apart(
    reference: Reference, other: Split, features: Floats
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the odds of being of the other split, the truth and the key of unseen examples."""
    parts = (reference.val, other)
    described = np.concatenate([reference.val_features, features])
    origin = np.repeat(np.arange(2), [len(part) for part in parts])
    keys = np.concatenate([part.x_id for part in parts])
    half = folds(origin, keys, 2, reference.seed)
    model = fit(described[half == 0], origin[half == 0])
    return model(described[half == 1])[:, 1], origin[half == 1], keys[half == 1]

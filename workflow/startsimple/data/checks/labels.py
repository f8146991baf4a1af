"""Are the labels fit to learn from: balanced, in no order, and right."""

import math
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.label_noise import confident_learning
from startsimple.data.reference import Reference, Scores
from startsimple.data.targets import Integers, Targets, is_regression
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.stages import DataStage
from startsimple.schema.verdict import Check, Status, judge

_BATCH = 32
# Residuals this many robust standard deviations out are no noise of a sound target.
_FAR = 4.0
_SORTED = 0.5
_NAMED = 4


def check_balance(y: Targets, classes: int, settings: DataStage) -> Check:
    """D-06: every class occurs, none dominates, and the rows are not sorted by class.

    A regression has no classes: only the order of its rows is looked at.

    Args:
        y: Targets of the train split in stored order, shape (n,).
        classes: Declared number of classes.
        settings: Smallest normalised perplexity of the label histogram (1 is uniform), and the
            largest ratio of the biggest to the smallest class before it warns.
    """
    if is_regression(y):
        return _check_order(y)
    perplexity_min, ratio_max = settings.label_perplexity_min, settings.class_ratio_max
    counts = np.bincount(y, minlength=classes)[:classes]
    perplexity = normalised_perplexity(counts)
    single = single_label_batches(y)
    empty = np.flatnonzero(counts == 0)
    ratio = math.inf if len(empty) else float(counts.max() / counts.min())
    notes = [f"Classes hold {counts.min()} to {counts.max()} examples"]
    if len(empty):
        notes.append(f"classes {', '.join(map(str, empty))} have none")
    if single:
        notes.append(f"{single} stored batches of {_BATCH} hold one label only: rows are sorted")
    judged = partial(
        judge, "D-06", "label balance", source="method D-06", evidence="; ".join(notes) + "."
    )
    if perplexity >= perplexity_min and single:
        return judged(single, "==", 0, otherwise=Status.WARN)
    if perplexity >= perplexity_min and ratio > ratio_max:
        return judged(round(ratio, 4), "<=", ratio_max, otherwise=Status.WARN)
    return judged(round(perplexity, 4), ">=", perplexity_min)


def _check_order(y: Targets) -> Check:
    ranks = np.argsort(np.argsort(y, kind="stable")).astype(np.float64)
    serial = float(np.corrcoef(ranks[:-1], ranks[1:])[0, 1]) if np.ptp(y) else 0.0
    return judge(
        "D-06",
        "label balance",
        round(abs(serial), 4),
        "<=",
        _SORTED,
        source="method D-06; the bound is ours",
        evidence=f"Ranks of neighbouring rows' targets correlate by {serial:.2f}: "
        f"{'rows are sorted' if serial > _SORTED else 'rows are in no order'}.",
        otherwise=Status.WARN,
    )


def normalised_perplexity(counts: Integers) -> float:
    """Return exp(entropy) over the number of classes: 1 if uniform, 1/classes if one label."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()) / len(counts))


def single_label_batches(y: Integers) -> int:
    """Count the stored batches that hold one label while the split holds several."""
    if len(np.unique(y)) < 2:
        return 0
    whole = y[: len(y) // _BATCH * _BATCH].reshape(-1, _BATCH)
    return int((whole == whole[:, :1]).all(1).sum())


def check_noise(reference: Reference, dataset: DatasetConfig, settings: DataStage) -> Check:
    """D-19: labels are about as reliable as the dataset declares.

    Confident learning counts labels that contradict a class that a model which has not seen
    them is sure of. Mistakes of the model count too, so this is an upper estimate and warns. Of
    a regression only targets far off their prediction show. Where the model is too weak for
    either, the dataset declares the error that it has on sound data, and an excess warns.

    Args:
        reference: Judges examples that it has not seen.
        dataset: Declares the irreducible error, or that of the reference model.
        settings: What is tolerated.
    """
    found = suspect_labels(reference)
    n = len(reference.train) + len(reference.val)
    named = [
        f"key {item['key']} (labelled {item['label']:g}, looks like {item['looks_like']:g})"
        for item in found[:_NAMED]
    ]
    share = len(found) / n
    low = max(0.0, share - 1.96 * math.sqrt(share * (1 - share) / n))
    if dataset.reference_error is not None:
        error, p = excess(reference, dataset.reference_error)
        value, op, bound = round(p, 4), ">", settings.label_noise_alpha
        told = f"The reference model's error on {n} unseen examples is {error:.1%}, declared for "
        told += f"sound labels are {dataset.reference_error:.1%}"
    elif reference.regression:
        value, op, bound = round(low, 4), "<=", settings.target_outliers_max
        told = f"{share:.1%} of {n} targets lie far off their prediction"
    else:
        value, op = round(low, 4), "<="
        bound = round(dataset.irreducible_error + settings.label_noise_max, 4)
        told = f"{share:.1%} of {n} labels contradict a class that is sure (lower end of the "
        told += f"interval {low:.1%}; the model's own mistakes count too)"
    return judge(
        "D-19",
        "label noise",
        value,
        op,
        bound,
        source="method D-19; benchmarks' test sets average 3.3 % (Northcutt et al., 2021)",
        evidence=f"{told}. Most suspect: {', '.join(named) or 'none'}.",
        otherwise=Status.WARN,
    )


def excess(reference: Reference, declared: float) -> tuple[float, float]:
    """Compare the reference model's error with the one that it has on sound data.

    Args:
        reference: Judges examples that it has not seen.
        declared: Share of wrong labels, or of unexplained variance.

    Returns:
        The error, and the probability of one as large if the declared one were true.
    """
    scores, y = unseen(reference)
    special: Any = import_module("scipy.special")
    guesses = reference.guesses(scores)
    if not reference.regression:
        wrong = int((guesses != y).sum())
        return wrong / len(y), float(special.bdtrc(wrong - 1, len(y), declared)) if wrong else 1.0
    squared = np.square(guesses - y) / np.var(y)
    error = float(squared.mean())
    return error, float(special.ndtr((declared - error) / (squared.std() / math.sqrt(len(y)))))


def unseen(reference: Reference) -> tuple[Scores, Targets]:
    """Return scores and labels of all examples looked at, none seen by the model that scores."""
    scores = np.concatenate([reference.crossed, reference.held_out])
    return scores, np.concatenate([reference.train.y, reference.val.y])


def suspect_labels(reference: Reference) -> list[dict[str, float]]:
    """List the labels that are probably wrong, the most suspect first.

    A pair of swapped labels usually leads this list where classes are told apart well; nothing
    proves it wrong but another version of the data.

    Args:
        reference: Judges examples that it has not seen.

    Returns:
        Of each: key, label, looks_like (class or number) and score (margin of the posterior, or
        distance in robust standard deviations).
    """
    scores, y = unseen(reference)
    keys = np.concatenate([reference.train.x_id, reference.val.x_id])
    if reference.regression:
        away = distance(scores[:, 0], y)
        rows = np.flatnonzero(away > _FAR)
        rows = rows[np.lexsort((keys[rows], -away[rows].round(6)))]
        mean, std = reference.statistics.target or (0.0, 1.0)
        told = zip(rows, scores[rows, 0] * std + mean, away[rows], strict=True)
        y = y * std + mean
    else:
        # A class that never occurs in training has no column, and is named by other checks.
        known = np.isin(y, reference.labels)
        column = np.searchsorted(reference.labels, y[known])
        noise = confident_learning(scores[known], column)
        rows = np.flatnonzero(known)[noise.candidates]
        told = zip(rows, reference.labels[noise.suggested], noise.margins, strict=True)
    return [
        {
            "key": int(keys[row]),
            "label": round(float(y[row]), 4),
            "looks_like": round(float(looks_like), 4),
            "score": round(float(score), 4),
        }
        for row, looks_like, score in told
    ]


def distance(predicted: NDArray[np.float64], y: Targets) -> NDArray[np.float64]:
    """Return each target's distance from its prediction in robust standard deviations."""
    residual = y.astype(np.float64) - predicted
    residual -= np.median(residual)
    spread = 1.4826 * np.median(np.abs(residual))
    return np.abs(residual) / (spread or 1.0)

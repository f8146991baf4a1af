"""P-08: a short training beats the majority class; linear and nearest-neighbour scores are kept."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from startsimple.data.oracles import knn, linear, nearest_neighbours
from startsimple.probes.running import step, train
from startsimple.program.seeded import seeded
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "P-08", "method P-08 (ML Test Score, Model-5)"
TITLE = "a short training beats the dumb baselines"
TRAIN_EXAMPLES, VAL_EXAMPLES = 2000, 1000
ALPHA = 0.05
NEIGHBOURS = 5

Array = NDArray[Any]


def measure(subject: Subject, steps: int = 600, seed: int = 0) -> dict[str, float]:
    """Score the program after a short training, and the estimators that it has to beat.

    Args:
        subject: The untrained program; it is left as it was.
        steps: Optimiser steps of the short training.
        seed: Seeds the training.

    Returns:
        Validation scores by name: "majority", "linear", "nearest_neighbours" and "model", as
        accuracies; for regression "mean" instead of "majority", and shares of explained
        variance. "examples" is the number of validation examples. Empty if the task or the
        shape of its tensors is not understood.
    """
    if subject.task.kind not in ("classification", "binary", "regression"):
        return {}
    classify = subject.task.kind != "regression"
    train_set = _collect(subject, "train", TRAIN_EXAMPLES)
    val_set = _collect(subject, "val", VAL_EXAMPLES)
    if train_set is None or val_set is None:
        return {}
    scores = _estimators(train_set, val_set, classify)
    trained = subject.fork()
    train(trained, steps, seed)
    prediction = _predict(trained, len(val_set[1]), classify)
    if prediction is None:
        return {}
    scores["model"] = _score(prediction, val_set[1], classify)
    return scores | {"examples": float(len(val_set[1]))}


def probe(scores: dict[str, float]) -> Check:
    """Judge what `measure` returned.

    Args:
        scores: Validation scores by name.

    Returns:
        P-08: the model's score against what the majority class (or the mean) can reach by luck
        on so many examples, at 5 %.
    """
    if not scores:
        return Check(ID, TITLE, Status.SKIP, evidence="no baselines for this kind of task")
    from scipy import stats

    threshold = 0.0
    if "majority" in scores:
        examples = int(scores["examples"])
        threshold = float(stats.binom.isf(ALPHA, examples, scores["majority"])) / examples
    listed = ", ".join(
        f"{name.replace('_', ' ')} {score:.3f}"
        for name, score in scores.items()
        if name != "examples"
    )
    return judge(
        ID, TITLE, scores["model"], ">", threshold, source=SOURCE, evidence=f"validation: {listed}"
    )


def _collect(subject: Subject, split: Any, limit: int) -> tuple[Array, Array] | None:
    inputs, targets = list[Array](), list[Array]()
    for batch in _batches(subject, split, limit):
        target = subject.targets_of(batch)
        values = subject.inputs_of(batch)
        if target is None or target.numel() != len(values):
            return None
        inputs.append(values.detach().flatten(1).cpu().double().numpy())
        targets.append(target.detach().flatten().cpu().numpy())
    if not inputs or len({values.shape[1] for values in inputs}) > 1:
        return None
    return np.concatenate(inputs), np.concatenate(targets)


def _batches(subject: Subject, split: Any, limit: int) -> Iterator[Any]:
    count = 0
    for batch in subject.batches(split):
        if count >= limit:
            return
        yield batch
        count += len(subject.inputs_of(batch))


def _estimators(
    train_set: tuple[Array, Array], val_set: tuple[Array, Array], classify: bool
) -> dict[str, float]:
    """Score estimators in closed form: quicker than importing a library of them."""
    (x, y), (queries, truth) = train_set, val_set
    if classify:
        labels, counts = np.unique(y, return_counts=True)
        predictions = {
            "majority": np.full(len(truth), labels[counts.argmax()]),
            "linear": linear(x, y, queries),
            "nearest_neighbours": knn(x, y, queries),
        }
    else:
        _, near = nearest_neighbours(x, queries, min(NEIGHBOURS, len(x)))
        predictions = {
            "mean": np.full(len(truth), y.mean()),
            "linear": _least_squares(x, y, queries),
            "nearest_neighbours": y[near].mean(1),
        }
    return {name: _score(guess, truth, classify) for name, guess in predictions.items()}


def _least_squares(x: Array, y: Array, queries: Array) -> Array:
    columns, wanted = (np.column_stack([part, np.ones(len(part))]) for part in (x, queries))
    return wanted @ np.linalg.lstsq(columns, y, rcond=1e-6)[0]


def _predict(subject: Subject, examples: int, classify: bool) -> Array | None:
    parts = list[Array]()
    for batch in _batches(subject, "val", examples):
        with seeded(0), torch.no_grad():
            output = step(subject, batch, train=False).output
        if output is None or len(output) != len(subject.inputs_of(batch)):
            return None
        columns = output.detach().cpu().double().flatten(1) if output.ndim > 1 else output[:, None]
        if not classify:
            parts.append(columns.mean(1).numpy())
        elif columns.shape[1] > 1:
            parts.append(columns.argmax(1).numpy())
        else:
            # A single output is a logit, or a probability where the program applies a sigmoid.
            inside = bool(((columns >= 0) & (columns <= 1)).all())
            parts.append((columns[:, 0] > (0.5 if inside else 0.0)).long().numpy())
    return np.concatenate(parts)


def _score(prediction: Array, target: Array, classify: bool) -> float:
    if classify:
        return float((prediction == target).mean())
    return float(1 - np.mean((prediction - target) ** 2) / max(float(np.var(target)), 1e-12))

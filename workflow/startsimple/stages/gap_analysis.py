"""Error analysis of the gap stage: which examples are wrong, and what they have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.label_noise import LabelNoise, confident_learning
from startsimple.data.pack import Split
from startsimple.data.targets import is_regression
from startsimple.schema.config import Config
from startsimple.schema.seeds import derive
from startsimple.schema.targets import import_target
from startsimple.training.calibration import Calibration, calibration
from startsimple.training.error_sets import Errors
from startsimple.training.error_table import ErrorType, confusions, error_type, ranked
from startsimple.training.outputs import Outputs, outputs, probabilities
from startsimple.training.runs import Bench
from startsimple.training.slices import Slice, declared_slices, discovered_slices
from startsimple.training.units import Result, Unit

# Values kept of an input that is drawn on the page; larger ones are thinned out.
_DRAWN_MAX = 1024
_CONFUSIONS = 5


@dataclass(frozen=True)
class Answers:
    """What the runs answered on one set.

    Attributes:
        split: The examples.
        errors: Error of each run on each example, shape (runs, n).
        predictions: Answers, shape (runs, n): classes, or numbers of a regression.
        probabilities: Class probabilities, mean over the runs, shape (n, classes); None for a
            regression.
    """

    split: Split
    errors: Errors
    predictions: NDArray[np.generic]
    probabilities: Errors | None


@dataclass(frozen=True)
class Analysis:
    """All that the error analysis found.

    Attributes:
        answers: By set: train (a subset), val, and test_val where the data have one.
        slices: Declared slices of the validation set.
        found: Slices of it that a shallow tree discovered.
        calibration: Of the validation set's probabilities; None for a regression.
        noise: Doubtful labels by set; the train labels are cross-validated.
        table: The lecture's error table.
    """

    answers: Mapping[str, Answers]
    slices: Sequence[Slice]
    found: Sequence[Slice]
    calibration: Calibration | None
    noise: Mapping[str, LabelNoise]
    table: Sequence[ErrorType]


def answer(units: Sequence[Unit], results: Sequence[Result], bench: Bench, name: str) -> Answers:
    """Let the stored runs answer one of the watched sets again (E-16, E-17).

    Args:
        units: The runs.
        results: What they left behind.
        bench: Holds their data.
        name: Name of the watched set.
    """
    split = bench.sets["full"].watched[name]
    errors = np.stack([1 - r.tensors[f"correct.{name}"].numpy() for r in results]).astype(float)
    told = [outputs(u, r, bench, split) for u, r in zip(units, results, strict=True)]
    if is_regression(split.y):
        return Answers(split, errors, np.stack([one[:, 0] for one in told]), None)
    shares = np.mean([probabilities(one) for one in told], axis=0)
    return Answers(split, errors, np.stack([one.argmax(axis=1) for one in told]), shares)


def analyse(
    config: Config, answers: Mapping[str, Answers], doubted: Mapping[str, LabelNoise]
) -> Analysis:
    """Look for what the errors have in common.

    Args:
        config: For slices, confidence and seed.
        answers: By set: train, val, and test_val where the data have one.
        doubted: Doubtful labels of the whole train split, by its name.

    Returns:
        The analysis.
    """
    settings, val = config.stage.gap, answers["val"]
    attributes = {
        name: import_target(source.target)(val.split) for name, source in settings.slices.items()
    }
    if val.probabilities is None:
        attributes.pop("label", None)
    slices = declared_slices(attributes, val.errors, settings.confidence)
    seed = derive(config.seed, "slices")
    found = discovered_slices(val.split, val.errors, settings.confidence, seed)
    noise = dict(doubted)
    calibrated = None
    if val.probabilities is not None:
        calibrated = calibration(val.probabilities, val.split.y, settings.confidence)
        noise["val"] = confident_learning(val.probabilities, val.split.y)
    return Analysis(
        answers, slices, found, calibrated, noise, _table(config, answers, slices, found, noise)
    )


def cross_validated(unseen: Outputs | None, train: Split) -> dict[str, LabelNoise]:
    """Return the doubtful labels of the whole train split, nothing without halves or classes."""
    if unseen is None or is_regression(train.y):
        return {}
    return {"train": confident_learning(probabilities(unseen), train.y)}


def _table(
    config: Config,
    answers: Mapping[str, Answers],
    slices: Sequence[Slice],
    found: Sequence[Slice],
    noise: Mapping[str, LabelNoise],
) -> list[ErrorType]:
    val, other = answers["val"], answers.get("test_val")
    counted = float((other or val).errors.mean())
    types: list[ErrorType] = []

    def add(name: str, kind: str, here: float, there: float | None) -> None:
        types.append(error_type(name, kind, here, there, counted))

    if val.probabilities is not None:
        classes = val.probabilities.shape[1]
        matrices = {
            name: confusions(one.split.y, one.predictions.astype(np.int64), classes)
            / one.predictions.size
            for name, one in answers.items()
        }
        # The set that counts chooses the rows: confusions that only shift brings are not in val.
        wrong = matrices["test_val" if other else "val"] * (1 - np.eye(classes))
        for place in np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSIONS]:
            true, told = np.unravel_index(place, wrong.shape)
            if wrong[true, told] > 0:
                there = float(matrices["test_val"][true, told]) if other else None
                name = f"{true} taken for {told}"
                add(name, "confusion", float(matrices["val"][true, told]), there)
        doubted = np.zeros(len(val.split))
        doubted[noise["val"].candidates] = 1
        add("label in doubt", "label", float((val.errors * doubted).mean()), None)
    for one in [*slices, *found]:
        if one.worse:
            kind = "class" if one.name.startswith("label = ") else "slice"
            add(one.name, kind, one.contribution, _there(config, one, other))
    return ranked(types)


def _there(config: Config, one: Slice, other: Answers | None) -> float | None:
    """Return a declared slice's contribution on test-val; discovered rules are not redrawn."""
    name, _, value = one.name.partition(" = ")
    if other is None or name not in config.stage.gap.slices:
        return None
    column = import_target(config.stage.gap.slices[name].target)(other.split)
    return float((other.errors * (column.astype(str) == value)).mean())


def worst(answers: Answers, count: int) -> list[dict[str, Any]]:
    """Return the items with the largest errors, the most confident ones first (E-15)."""
    errors = answers.errors.mean(axis=0)
    sure = errors if answers.probabilities is None else answers.probabilities.max(axis=1)
    order = np.lexsort((-sure, -errors))[:count]
    return [item(answers, int(place)) for place in order if errors[place] > 0]


def item(answers: Answers, place: int) -> dict[str, Any]:
    """Return one example for the page: input, label, answer, confidence."""
    split, told = answers.split, answers.predictions[0, place].item()
    confidence = None
    if answers.probabilities is not None:
        told = int(answers.probabilities[place].argmax())
        confidence = round(float(answers.probabilities[place].max()), 4)
    return {
        "id": int(split.x_id[place]),
        "label": split.y[place].item(),
        "predicted": told,
        "confidence": confidence,
        "input": _drawn(split.x[place]),
    }


def _drawn(x: NDArray[np.float32]) -> list[Any]:
    """Return an input with few enough values to draw: the first channel, thinned out."""
    while x.ndim > 2 or (x.ndim == 2 and x.shape[0] <= 4):
        x = x[0]
    while x.size > _DRAWN_MAX:
        x = x[tuple(slice(None, None, 2) for _ in x.shape)]
    return np.round(x.astype(np.float64), 3).tolist()


def analysis_file(config: Config, analysis: Analysis, train: Split) -> dict[str, Any]:
    """Return the content of analysis.json, which the report draws.

    Args:
        config: For the number of items.
        analysis: What was found.
        train: The whole train split, whose labels were cross-validated.
    """
    val, count = analysis.answers["val"], config.stage.gap.shown
    chosen = np.random.default_rng(derive(config.seed, "shown")).permutation(len(val.split))
    splits = {"train": train, "val": val.split}
    content: dict[str, Any] = {
        "input": config.dataset.input,
        "worst": {name: worst(one, count) for name, one in analysis.answers.items()},
        "random": [item(val, int(place)) for place in chosen[:count]],
        "slices": [_told(one) for one in analysis.slices],
        "discovered": [_told(one) for one in analysis.found],
        "calibration": asdict(analysis.calibration) if analysis.calibration else None,
        "noise": {name: _doubts(one, splits[name], count) for name, one in analysis.noise.items()},
        "table": [asdict(one) for one in analysis.table],
    }
    if val.probabilities is not None:
        predictions = val.predictions.astype(np.int64)
        content["confusion"] = confusions(
            val.split.y, predictions, val.probabilities.shape[1]
        ).tolist()
    return content


def _told(one: Slice) -> dict[str, Any]:
    return {
        "name": one.name,
        "count": one.count,
        "error": asdict(one.error),
        "excess": asdict(one.excess),
        "contribution": one.contribution,
        "worse": one.worse,
    }


def _doubts(noise: LabelNoise, split: Split, count: int) -> dict[str, Any]:
    return {
        "rate": noise.rate,
        "accuracy": noise.accuracy,
        "count": len(noise.candidates),
        "items": [
            {
                "id": int(split.x_id[place]),
                "label": int(split.y[place]),
                "suggested": int(noise.suggested[rank]),
                "margin": round(float(noise.margins[rank]), 4),
                "input": _drawn(split.x[place]),
            }
            for rank, place in enumerate(noise.candidates[:count])
        ],
    }

"""Can a frozen batch be memorised? Criterion, figures and symptom of one curve."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from startsimple.schema.verdict import Symptom
from startsimple.training.floor import cross_entropy_floor, label_entropy, squared_error_floor
from startsimple.training.symptom import (
    BLIND,
    class_fingerprints,
    classify,
    regression_fingerprints,
)

# Mean over so many last steps, so that one lucky step does not decide.
TAIL = 50
NEGATIVE = "the loss falls below the smallest possible one, so the error rises"


@dataclass(frozen=True)
class Memory:
    """What a run on one frozen batch reached.

    Attributes:
        floor: Smallest loss that the batch allows.
        chance: Loss of a model that knows only the label frequencies.
        start: Loss of the first step.
        end: Mean loss of the last steps.
        gap: Remaining share of the way from start to floor (O-03).
        steps_to_criterion: First step within the criterion, None if never.
        fingerprints: Values at which known faults get stuck.
        symptom: How the curve behaves.
    """

    floor: float
    chance: float
    start: float
    end: float
    gap: float
    steps_to_criterion: int | None
    fingerprints: dict[str, float]
    symptom: Symptom


@dataclass(frozen=True)
class Expected:
    """What the loss on one batch can be.

    Attributes:
        floor: Smallest loss that the batch allows.
        chance: Loss of the best constant answer.
        constant: Metric of that answer.
        fingerprints: Values at which known faults get stuck.
    """

    floor: float
    chance: float
    constant: float
    fingerprints: dict[str, float]


def expected(x: Tensor, y: Tensor, classes: int, label_smoothing: float = 0.0) -> Expected:
    """Compute what the loss of a batch can be, by its task.

    Args:
        x: Inputs, shape (n, ...).
        y: Class indices, or the targets of a regression, shape (n,).
        classes: Number of classes the model distinguishes.
        label_smoothing: As in the loss.
    """
    if y.is_floating_point():
        variance = float(y.double().var(unbiased=False))
        fingerprints = regression_fingerprints(y.tolist())
        return Expected(squared_error_floor(x, y), variance, 1 - variance, fingerprints)
    return Expected(
        cross_entropy_floor(x, y, classes, label_smoothing),
        label_entropy(y),
        float(torch.bincount(y).max()) / len(y),
        class_fingerprints(y.tolist(), classes),
    )


def memory(
    losses: Tensor,
    x: Tensor,
    y: Tensor,
    classes: int,
    gap_max: float,
    *,
    label_smoothing: float = 0.0,
    scale: float = 1.0,
    accuracy: float = 0.0,
) -> Memory:
    """Judge a loss curve on one frozen batch.

    Args:
        losses: Loss of every step, shape (steps,).
        x: The batch's inputs.
        y: The batch's targets.
        classes: Number of classes the model distinguishes.
        gap_max: O-03, share of the way to the floor that may remain.
        label_smoothing: As in the loss.
        scale: Factor between the loss and a mean over examples (the batch size for a sum).
        accuracy: Metric reached on the batch: beyond that of a constant answer, the output does
            use the input, and no fingerprint of a blind model is matched.

    Returns:
        The figures, with the symptom as classified.
    """
    per_example = losses.double() / scale
    known = expected(x, y, classes, label_smoothing)
    floor = known.floor
    start, end = float(per_example[0]), float(per_example[-TAIL:].mean())
    way = start - floor
    reached = (per_example - floor <= gap_max * way).nonzero()
    fitting = {
        name: value
        for name, value in known.fingerprints.items()
        if accuracy <= known.constant or name not in BLIND
    }
    symptom = _symptom(per_example.tolist(), floor, known.chance, fitting)
    return Memory(
        floor=floor,
        chance=known.chance,
        start=start,
        end=end,
        gap=(end - floor) / way if way > 0 else float("inf"),
        steps_to_criterion=int(reached[0]) + 1 if len(reached) and way > 0 else None,
        fingerprints=known.fingerprints,
        symptom=symptom,
    )


def _symptom(
    losses: list[float], floor: float, chance: float, fingerprints: dict[str, float]
) -> Symptom:
    """Classify the curve; a loss below its floor is one with its sign flipped (M08)."""
    if all(map(math.isfinite, losses)) and min(losses) < floor - 1e-3 * max(1.0, floor):
        onset = next(step for step, loss in enumerate(losses) if loss < floor)
        return Symptom("goes up", onset, losses[-1], NEGATIVE)
    return classify(losses, floor, chance, fingerprints)


def unmoved(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    """Return the names of tensors that are bit for bit what they were (O-06)."""
    return sorted(name for name, value in before.items() if torch.equal(value, after[name]))

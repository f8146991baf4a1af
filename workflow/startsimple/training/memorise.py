"""Can a frozen batch be memorised? Criterion, figures and symptom of one curve."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from startsimple.schema.verdict import Symptom
from startsimple.training.floor import cross_entropy_floor, label_entropy
from startsimple.training.symptom import BLIND, class_fingerprints, classify

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
    """Judge a curve of cross-entropy on one frozen batch.

    Args:
        losses: Loss of every step, shape (steps,).
        x: The batch's inputs.
        y: The batch's class indices.
        classes: Number of classes the model distinguishes.
        gap_max: O-03, share of the way to the floor that may remain.
        label_smoothing: As in the loss.
        scale: Factor between the loss and a mean over examples (the batch size for a sum).
        accuracy: Accuracy reached on the batch: beyond that of a constant prediction, the output
            does use the input, and no fingerprint of a blind model is matched.

    Returns:
        The figures, with the symptom as classified.
    """
    per_example = losses.double() / scale
    floor = cross_entropy_floor(x, y, classes, label_smoothing)
    start, end = float(per_example[0]), float(per_example[-TAIL:].mean())
    way = start - floor
    reached = (per_example - floor <= gap_max * way).nonzero()
    fingerprints = class_fingerprints(y.tolist(), classes)
    constant = float(torch.bincount(y).max()) / len(y)
    fitting = {k: v for k, v in fingerprints.items() if accuracy <= constant or k not in BLIND}
    symptom = _symptom(per_example.tolist(), floor, label_entropy(y), fitting)
    return Memory(
        floor=floor,
        chance=label_entropy(y),
        start=start,
        end=end,
        gap=(end - floor) / way if way > 0 else float("inf"),
        steps_to_criterion=int(reached[0]) + 1 if len(reached) and way > 0 else None,
        fingerprints=fingerprints,
        symptom=symptom,
    )


def _symptom(
    losses: list[float], floor: float, chance: float, fingerprints: dict[str, float]
) -> Symptom:
    """Classify the curve; cross-entropy below its floor is one with its sign flipped (M08)."""
    if all(map(math.isfinite, losses)) and min(losses) < floor - 1e-3 * max(1.0, floor):
        onset = next(step for step, loss in enumerate(losses) if loss < floor)
        return Symptom("goes up", onset, losses[-1], NEGATIVE)
    return classify(losses, floor, chance, fingerprints)


def unmoved(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    """Return the names of tensors that are bit for bit what they were (O-06)."""
    return sorted(name for name, value in before.items() if torch.equal(value, after[name]))

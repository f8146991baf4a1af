"""Name what a loss curve on one frozen batch does, and match a stuck loss to known causes."""

import itertools
import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from startsimple.schema.verdict import Symptom

# Thresholds of method.md section 8 (O-03, the symptom table) and section 17 (`overfit`).
FIT_GAP = 0.01
RISE = 1.05
BLOW_UP = 4.0
FLIPS_OSCILLATING = 0.5
FLIPS_MONOTONE = 0.1
NEAR_CHANCE = 0.10
PLATEAU = 0.01
FINGERPRINT_TOLERANCE = 0.02
WINDOW = 50
# Share of the first loss below which a fall may be rounding.
NOTICEABLE = 1e-5

# Fingerprints: what is known to get stuck at a computable loss.
LABEL_ENTROPY = "batch label entropy: the output ignores the input"
LOG_K = "log K: inputs or labels change every step"
# Values of a model whose output carries no information about its input.
CONSTANT = "variance of the targets: constant or broadcast prediction"
BLIND = (LABEL_ENTROPY, LOG_K, CONSTANT)
TWICE = "softmax applied twice"
OVER_BATCH = "softmax over the batch axis"


def classify(
    losses: Sequence[float],
    floor: float = 0.0,
    chance: float | None = None,
    fingerprints: Mapping[str, float] | None = None,
) -> Symptom:
    """Say how training on one frozen batch went.

    Args:
        losses: Loss of every step, in order; at least one.
        floor: Smallest loss that this batch allows (0 for hard labels without conflicts).
        chance: Loss of a model that knows only the label frequencies, if known.
        fingerprints: Named loss values at which known faults get stuck.

    Returns:
        A symptom whose kind is "fits", "goes up", "explodes", "oscillates", "plateaus" or
        "still falling". The note tells the matched fingerprint or a transient blow-up.
        Thresholds: method.md section 8.

    Raises:
        ValueError: If there is no loss.
    """
    if not losses:
        raise ValueError("a curve needs at least one loss")
    first_bad = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), None)
    if first_bad is not None:
        return Symptom("explodes", first_bad, None, "the loss became NaN or infinite")
    window = max(1, min(WINDOW, len(losses) // 4))
    level = fmean(losses[-2 * window :])
    blown = next((i for i, loss in enumerate(losses) if _far_above(loss, losses[0], floor)), None)
    if level - floor <= FIT_GAP * max(losses[0] - floor, 0.0):
        note = "" if blown is None else "blew up on the way: the learning rate is too high"
        return Symptom("fits", blown, level, note)
    if level > losses[0] + (RISE - 1) * abs(losses[0]):
        return _rising(losses, level, blown)
    tail = losses[-2 * window :]
    if flip_ratio(tail) > FLIPS_OSCILLATING and _amplitude(tail) > PLATEAU * abs(level):
        at_chance = chance is not None and _near(level, chance, NEAR_CHANCE)
        return Symptom("oscillates", blown, level, "around chance" if at_chance else "")
    return _plateau(losses, floor, level, window, fingerprints or {})


def _far_above(loss: float, start: float, floor: float) -> bool:
    return loss - floor > BLOW_UP * max(abs(start - floor), 1e-12)


def _rising(losses: Sequence[float], level: float, blown: int | None) -> Symptom:
    # A flipped sign climbs without a step back; a learning rate that is too high jumps about.
    early = losses[: max(20, len(losses) // 10)]
    steady = flip_ratio(early) < FLIPS_MONOTONE and early[-1] > early[0]
    if steady and flip_ratio(losses) < FLIPS_MONOTONE:
        return Symptom("goes up", 1, level, "rises from the first steps")
    return Symptom("explodes", blown if blown is not None else 1, level)


def _plateau(
    losses: Sequence[float],
    floor: float,
    level: float,
    window: int,
    fingerprints: Mapping[str, float],
) -> Symptom:
    before, after = fmean(losses[-2 * window : -window] or losses), fmean(losses[-window:])
    falling = (before - after) / max(before - floor, 1e-12)
    if falling >= PLATEAU or _not_slowing(losses, before - after, window):
        return Symptom("still falling", None, level, f"last windows fell by {falling:.2%}")
    onset = next(
        i for i, loss in enumerate(losses) if loss <= level * RISE or loss <= level + 1e-12
    )
    return Symptom("plateaus", onset, level, nearest_fingerprint(after, fingerprints))


def _not_slowing(losses: Sequence[float], fell: float, window: int) -> bool:
    """True if the end falls as fast as the whole curve: a plateau would have slowed down."""
    overall = (losses[0] - losses[-1]) / len(losses)
    return fell > NOTICEABLE * abs(losses[0]) and fell / window > overall / 2


def flip_ratio(losses: Sequence[float]) -> float:
    """Return the share of sign changes among successive differences (0 to 1)."""
    steps = [b - a for a, b in itertools.pairwise(losses)]
    if len(steps) < 2:
        return 0.0
    return fmean(float(a * b < 0) for a, b in itertools.pairwise(steps))


def _amplitude(tail: Sequence[float]) -> float:
    return max(tail) - min(tail)


def _near(value: float, target: float, relative: float) -> bool:
    return abs(value - target) <= relative * max(abs(target), 1e-12)


def nearest_fingerprint(level: float, fingerprints: Mapping[str, float]) -> str:
    """Return the name of the fingerprint within 2 % of a level, or "" if none is that near."""
    close = [
        (abs(value - level), name)
        for name, value in sorted(fingerprints.items())
        if _near(level, value, FINGERPRINT_TOLERANCE)
    ]
    return min(close)[1] if close else ""


def class_fingerprints(labels: Sequence[int], classes: int) -> dict[str, float]:
    """Compute where cross-entropy gets stuck under known faults, for the labels of one batch.

    Args:
        labels: Class indices of the frozen batch.
        classes: Number of classes the model distinguishes.

    Returns:
        Loss value by cause. Formulas: method.md section 8, plateau fingerprints.
    """
    counts = [labels.count(label) for label in sorted(set(labels))]
    total = len(labels)
    return {
        LABEL_ENTROPY: sum(-n / total * math.log(n / total) for n in counts),
        LOG_K: math.log(classes),
        TWICE: math.log(1 + (classes - 1) / math.e),
        OVER_BATCH: sum(n * math.log(n) for n in counts) / total,
    }


def regression_fingerprints(targets: Sequence[float]) -> dict[str, float]:
    """Compute where squared error gets stuck when the prediction is one constant.

    Args:
        targets: Targets of the frozen batch, flattened, in their own unit.

    Returns:
        The variance of the targets, which a constant or broadcast prediction cannot beat.
    """
    mean = fmean(targets)
    variance = fmean((value - mean) ** 2 for value in targets)
    return {CONSTANT: variance}

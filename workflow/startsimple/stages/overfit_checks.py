"""The checks of the frozen batch (method, section 8), and the faults that a failure points at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from startsimple.data.targets import Targets, chance
from startsimple.schema.stages import OverfitBatchStage
from startsimple.schema.verdict import Check, Status, Suspect, Symptom, judge
from startsimple.stages.suspects import suspect
from startsimple.training.evaluation import Scores
from startsimple.training.memorise import Memory
from startsimple.training.statistics import Errors, p_above_constant
from startsimple.training.symptom import CONSTANT, LABEL_ENTROPY, LOG_K, OVER_BATCH, TWICE

# O-02: share of the targets' variance that may remain of a regression's squared error.
MSE_MAX = 1e-3
# O-08: a number is met if it is this share of their spread away; the bound is ours.
CLOSE = 0.1


@dataclass(frozen=True)
class Fit:
    """The frozen batch in evaluation mode.

    Attributes:
        scores: Mean loss per example, and metric.
        rows: Id, label and prediction of every example, and the confidence in a class.
        variance: Variance of the batch's targets, None for classes.
    """

    scores: Scores
    rows: list[dict[str, Any]]
    variance: float | None = None

    def wrong(self) -> int:
        """Count predictions that are not their labels, or a tenth of their spread away."""
        far = 0.0 if self.variance is None else CLOSE * math.sqrt(self.variance)
        return sum(abs(row["label"] - row["prediction"]) > far for row in self.rows)


@dataclass(frozen=True)
class Evidence:
    """Everything that the stage measured.

    Attributes:
        reached: The frozen batch's curve.
        blind: The curve of the control with zeroed inputs, against the same floor.
        fit: The batch in evaluation mode after training.
        stuck: Parameters that never moved.
        parameters: Number of parameter tensors.
        second: How right each validation example is after training on the small set.
        val: Targets of those validation examples.
    """

    reached: Memory
    blind: Memory
    fit: Fit
    stuck: list[str]
    parameters: int
    second: Errors
    val: Targets


def judge_memory(evidence: Evidence, settings: OverfitBatchStage) -> list[Check]:
    """Judge O-01 to O-09.

    While the loss still falls at the end of the budget, what it has not reached yet is open
    and not failed.

    Args:
        evidence: What was measured.
        settings: The thresholds.

    Returns:
        The checks.
    """
    falling = evidence.reached.symptom.kind == "still falling"
    otherwise = Status.INCONCLUSIVE if falling else Status.FAIL
    return [
        *_learning(evidence.reached, settings, otherwise),
        *_fitted(evidence.fit, evidence.reached, settings, otherwise),
        _moved(evidence.stuck, evidence.parameters),
        _blind(evidence.blind, settings),
        _generalises(evidence.second, evidence.val, settings, otherwise),
    ]


def _learning(reached: Memory, settings: OverfitBatchStage, otherwise: Status) -> list[Check]:
    symptom, steps = reached.symptom, reached.steps_to_criterion
    finite = float(symptom.level is not None)
    fitted = judge(
        "O-03",
        "loss gap to its floor, relative to the start",
        reached.gap,
        "<=",
        settings.gap_max,
        source="O-03",
        evidence=f"loss {reached.start:.4g} -> {reached.end:.4g}, floor {reached.floor:.4g}; "
        f"the curve {symptom.kind}{f' ({symptom.note})' if symptom.note else ''}",
        otherwise=otherwise,
    )
    # It recovered here; on the full data the same learning rate may not.
    blew_up = symptom.kind == "fits" and bool(symptom.note)
    return [
        judge("O-01", "loss finite throughout", finite, "==", 1.0, source="O-01"),
        replace(fitted, status=Status.WARN) if blew_up else fitted,
        judge(
            "O-04",
            "steps to the criterion",
            steps,
            "<=",
            settings.steps,
            source="O-04",
            evidence=f"within {settings.gap_max:.0%} of the way to the floor "
            + (f"after {steps} steps" if steps else f"not reached in {settings.steps} steps"),
            otherwise=otherwise,
        ),
    ]


def _fitted(
    fit: Fit, reached: Memory, settings: OverfitBatchStage, otherwise: Status
) -> list[Check]:
    wrong = fit.wrong()
    # Both losses are near the floor: differences below the criterion mean nothing.
    scale = max(abs(reached.end), settings.gap_max * abs(reached.start - reached.floor), 1e-12)
    shift = abs(fit.scores.loss - reached.end) / scale
    return [
        _exact(fit, wrong, otherwise),
        judge(
            "O-05",
            "evaluation loss agrees with training loss",
            shift,
            "<=",
            settings.consistency_max,
            source="O-05, P-19",
            evidence=f"training {reached.end:.4g}, evaluation {fit.scores.loss:.4g}",
        ),
        judge(
            "O-08",
            "predictions differing from their labels",
            wrong,
            "==",
            0,
            source="O-08",
            evidence="element by element in predictions.json",
            otherwise=otherwise,
        ),
    ]


def _exact(fit: Fit, wrong: int, otherwise: Status) -> Check:
    exact = partial(
        judge,
        "O-02",
        source="O-02",
        evidence=f"{len(fit.rows) - wrong} of {len(fit.rows)} examples right",
        otherwise=otherwise,
    )
    if fit.variance is None:
        return exact("accuracy on the batch", fit.scores.accuracy, "==", 1.0)
    share = (1 - fit.scores.accuracy) / max(fit.variance, 1e-12)
    return exact("squared error on the batch, in its variance", share, "<=", MSE_MAX)


def _moved(stuck: Sequence[str], parameters: int) -> Check:
    return judge(
        "O-06",
        "parameters that never moved",
        len(stuck),
        "==",
        0,
        source="O-06, R-03",
        evidence=f"stuck: {', '.join(stuck)}" if stuck else f"all {parameters} moved",
    )


def _blind(blind: Memory, settings: OverfitBatchStage) -> Check:
    held = blind.gap > settings.gap_max
    return judge(
        "O-07",
        "loss gap of the control with zeroed inputs",
        blind.gap,
        ">",
        settings.gap_max,
        source="O-07",
        evidence=f"without inputs the loss stays at {blind.end:.4g}; knowing only how often each "
        f"label occurs gives {blind.chance:.4g}"
        if held
        else "the batch is memorised without its inputs",
    )


def _generalises(
    scores: Errors, y: Targets, settings: OverfitBatchStage, otherwise: Status
) -> Check:
    return judge(
        "O-09",
        "a small set generalises above chance (p-value)",
        p_above_constant(scores, y),
        "<=",
        settings.second_p_max,
        source="O-09",
        evidence=f"validation score {float(scores.mean()):.3f}, best constant answer "
        f"{chance(y):.3f}, n = {len(y)}",
        otherwise=otherwise,
    )


# What each fingerprint and symptom points at, most likely first (method, section 8).
_BY_NOTE = {
    TWICE: (("M04", 0.95),),
    OVER_BATCH: (("M11", 0.9), ("M04", 0.2)),
    LABEL_ENTROPY: (("M12", 0.8), ("D02", 0.4), ("M23", 0.3)),
    CONSTANT: (("M10", 0.8), ("M12", 0.6), ("M17", 0.3)),
    LOG_K: (("D08", 0.6), ("M12", 0.5), ("O05", 0.4)),
}
_BY_KIND = {
    "goes up": (("M08", 0.9), ("O01", 0.4)),
    "explodes": (("O01", 0.7), ("M09", 0.5), ("M08", 0.3)),
    "oscillates": (("O01", 0.6), ("D08", 0.4)),
    "plateaus": (("O02", 0.4), ("M23", 0.4), ("M03", 0.3)),
    "still falling": (("O02", 0.5),),
}
_BY_CHECK = {
    "O-05": (("O08", 0.7),),
    "O-07": (("D09", 0.7),),
    "O-09": (("D08", 0.7), ("M11", 0.5)),
}


def suspects_of(symptom: Symptom, checks: Sequence[Check]) -> list[Suspect]:
    """Rank what may be wrong; a batch that was not memorised makes the later checks fail too.

    Args:
        symptom: Of the frozen batch's curve.
        checks: As judged.

    Returns:
        At most three suspects, the likeliest first.
    """
    failed = {check.id: check for check in checks if check.status.blocks}
    found: list[tuple[str, float, str]] = []
    learning = next((failed[key] for key in ("O-01", "O-03", "O-04") if key in failed), None)
    if learning:
        known = _BY_NOTE.get(symptom.note) or _BY_KIND.get(symptom.kind, ())
        seen = failed.get("O-03", learning).evidence
        found += [(fault, score, seen) for fault, score in known]
    else:
        for id, faults in _BY_CHECK.items():
            if id in failed:
                seen = f"{id}: {failed[id].evidence}"
                found += [(fault, score, seen) for fault, score in faults]
    if "O-06" in failed:
        found.append(("O06", 0.7, f"O-06: {failed['O-06'].evidence}"))
    found.sort(key=lambda item: -item[1])
    return [suspect(fault, score, [evidence]) for fault, score, evidence in found[:3]]

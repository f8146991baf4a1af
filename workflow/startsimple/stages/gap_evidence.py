"""The checks on the error analysis: E-07, E-09 to E-12 and E-15 to E-17 (method, section 10)."""

from collections.abc import Sequence

import numpy as np

from startsimple.data.label_noise import LabelNoise
from startsimple.schema.config import Config
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.gap_analysis import Analysis
from startsimple.training.error_sets import paired_difference
from startsimple.training.units import Result

# AutoTrainer's rule for problematic overfitting: the metric's gap, by the train metric.
_GAP_BELOW, _GAP_ABOVE, _HIGH = 0.1, 0.07, 0.9

# Weaker models doubt what is merely hard for them; confident learning asks for sound ones.
_JUDGES_MIN = 0.8


def judge_evidence(config: Config, results: Sequence[Result], analysis: Analysis) -> list[Check]:
    """Judge curves, loss, slices, calibration and single answers.

    Args:
        config: For the thresholds.
        results: The runs.
        analysis: What the error analysis found.

    Returns:
        The checks, in the order of their ids.
    """
    return [
        _curves(results),
        _objective(config, results, analysis),
        Check(
            "E-10",
            "gain of replacing one component by the truth",
            Status.SKIP,
            source="E-10",
            evidence="the program is one network; there are no components to replace",
        ),
        _slices(analysis),
        *_calibrated(config, analysis),
        *_confident(config, analysis),
        *_in_action(analysis),
        _itself(analysis),
    ]


def _curves(results: Sequence[Result]) -> Check:
    last = {
        name: float(np.mean([r.figures["scores"][name][-1]["accuracy"] for r in results]))
        for name in ("train", "val")
    }
    bound = _GAP_ABOVE if last["train"] > _HIGH else _GAP_BELOW
    losses = np.mean([[s["loss"] for s in r.figures["scores"]["val"]] for r in results], axis=0)
    rise = float(losses[-1] / losses.min()) if losses.min() > 0 else 1.0
    return judge(
        "E-07",
        "train metric above validation's at the end",
        round(last["train"] - last["val"], 6),
        "<",
        bound,
        source="E-07: AutoTrainer",
        evidence=f"train {last['train']:.3f}, validation {last['val']:.3f}; validation loss ends "
        f"at {rise:.2f} times its lowest",
        otherwise=Status.WARN,
    )


def _objective(config: Config, results: Sequence[Result], analysis: Analysis) -> Check:
    """Compare the model of best loss with the model of best metric among all that were scored."""
    scored = [s for r in results for s in r.figures["scores"]["val"]]
    by_loss = min(scored, key=lambda s: s["loss"])
    by_metric = max(scored, key=lambda s: (s["accuracy"], -s["loss"]))
    missed = by_metric["accuracy"] - by_loss["accuracy"]
    spread = analysis.answers["val"].errors.mean(axis=0).std()
    noise = 2 * float(spread) / len(analysis.answers["val"].split) ** 0.5
    return judge(
        "E-09",
        "metric that the model of lowest validation loss leaves unreached",
        round(missed, 6),
        "<=",
        round(max(noise, config.stage.gap.tolerance), 6),
        source="E-09; two standard errors",
        evidence=f"best metric {by_metric['accuracy']:.3f} at loss {by_metric['loss']:.3f}, lowest "
        f"loss {by_loss['loss']:.3f} at metric {by_loss['accuracy']:.3f}: "
        + ("the loss does not stand for the metric" if missed > noise else "both agree"),
        otherwise=Status.WARN,
    )


def _slices(analysis: Analysis) -> Check:
    worse = [one for one in (*analysis.slices, *analysis.found) if one.worse]
    told = "; ".join(f"{one.name}: {one.error.show()}, n = {one.count}" for one in worse[:3])
    return judge(
        "E-11",
        "slices with a significantly higher error",
        len(worse),
        "==",
        0,
        source="E-11",
        evidence=told or f"none of {len(analysis.slices)} declared and {len(analysis.found)} "
        "discovered slices",
        otherwise=Status.WARN,
    )  # fmt: skip


def _calibrated(config: Config, analysis: Analysis) -> list[Check]:
    if analysis.calibration is None:
        return []
    excess = analysis.calibration.excess
    sure = 0.0 if excess.low <= 0 <= excess.high else min(abs(excess.low), abs(excess.high))
    word = "overconfident" if excess.value > 0 else "underconfident"
    return [
        judge(
            "E-12",
            "mean confidence off accuracy, at least",
            round(sure, 6),
            "<=",
            config.stage.gap.calibration_max,
            source="E-12",
            evidence=f"confidence - accuracy {excess.show()} ({word}); expected calibration error "
            f"{analysis.calibration.expected_error:.3f}; largest bias of a class "
            f"{max(analysis.calibration.bias, key=abs):+.3f}",
            otherwise=Status.WARN,
        )
    ]


def _confident(config: Config, analysis: Analysis) -> list[Check]:
    val = analysis.answers["val"]
    if val.probabilities is None:
        return []
    bound = config.stage.gap.confident
    wrong = val.probabilities.argmax(axis=1) != val.split.y
    share = float((wrong & (val.probabilities.max(axis=1) >= bound)).mean())
    doubts = "; ".join(_doubts(name, one) for name, one in analysis.noise.items())
    return [
        judge(
            "E-15",
            f"validation answers that are wrong at a confidence of {bound:g}",
            round(share, 6),
            "<=",
            round(config.dataset.irreducible_error + config.stage.gap.tolerance, 6),
            source="E-15; the irreducible error",
            evidence=f"look at the worst items first. {doubts}",
            otherwise=Status.WARN,
        )
    ]


def _doubts(name: str, noise: LabelNoise) -> str:
    if noise.accuracy < _JUDGES_MIN:
        return f"{name}: models that are right on {noise.accuracy:.2f} cannot judge labels"
    return f"{name}: {len(noise.candidates)} doubtful labels, noise about {noise.rate:.3f}"


def _in_action(analysis: Analysis) -> list[Check]:
    val = analysis.answers["val"]
    if val.probabilities is None:
        return []
    missing = sorted(
        set(np.unique(val.split.y).tolist()) - set(np.unique(val.predictions).tolist())
    )
    return [
        judge(
            "E-16",
            "classes that the model never answers",
            len(missing),
            "==",
            0,
            source="E-16",
            evidence=f"never answered: {missing}" if missing else "every class is answered",
            otherwise=Status.WARN,
        )
    ]


def _itself(analysis: Analysis) -> Check:
    """A model asked again has to answer the same; two seeds of it differ by some churn."""
    val = analysis.answers["val"]
    changed = 0
    for row, errors in zip(val.predictions, val.errors, strict=True):
        again = (
            (row != val.split.y).astype(float)
            if val.probabilities is not None
            else np.square(row - val.split.y)
        )
        changed += int((~np.isclose(again, errors, rtol=1e-4, atol=1e-5)).sum())
    evidence = f"{val.predictions.size} answers asked again"
    if val.probabilities is not None and len(val.predictions) > 1:
        churn = float((val.predictions[0] != val.predictions[1]).mean())
        seeds = paired_difference(val.errors[0], val.errors[1], 0.95, seed=0)
        evidence += f"; two seeds differ on {churn:.3f} of them, in error by {seeds.show()}"
    return judge(
        "E-17",
        "answers that change when the same model is asked again",
        changed,
        "==",
        0,
        source="E-17",
        evidence=evidence,
    )

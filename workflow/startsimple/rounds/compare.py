"""Two runs side by side: what differs, which is better, and whether that can be believed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from startsimple.rounds.run import Run, get
from startsimple.stages.gap_store import StoredErrors, read_errors
from startsimple.training.error_sets import Errors, paired_difference
from startsimple.training.statistics import Estimate, mean_difference, paired_gain

# What tells two runs apart without changing what is trained.
_IGNORED = ("name", "parent", "change", "hypothesis", "predicted", "tracking")


@dataclass(frozen=True)
class Contest:
    """Two runs' models on the same validation examples; differences are B less A.

    Attributes:
        examples: Difference in error with its interval over examples, by paired bootstrap.
        seeds: The same with its interval over retraining, by Welch's t-test of the seeds.
        better: Probability that B is the better one, over seeds and examples.
        changed: Share of answers that differ between A and B.
        churn: Share that differs between two seeds of A, and of B: the noise of retraining.
        winner: "A", "B", or None where the difference is within noise.
        reason: Why.
    """

    examples: Estimate
    seeds: Estimate
    better: float
    changed: float
    churn: tuple[float | None, float | None]
    winner: str | None
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Everything that `startsimple compare` tells.

    Attributes:
        config: Keys that differ, with both values.
        scores: Validation score of each, and its test score if test was opened.
        cost: Seconds, parameters and training steps of each.
        contest: The difference, None if they cannot be compared.
        missing: Why there is no contest.
    """

    config: list[tuple[str, Any, Any]]
    scores: dict[str, tuple[Any, Any]]
    cost: dict[str, tuple[Any, Any]]
    contest: Contest | None
    missing: str


def compare(first: Run, second: Run, confidence: float = 0.95) -> Comparison:
    """Compare two runs.

    Args:
        first: Run A.
        second: Run B.
        confidence: Confidence of the intervals.
    """
    pair = (first, second)
    stored = [read_errors(run.root, run.name) for run in pair]
    contest, missing = None, ""
    lacking = [run.name for run, one in zip(pair, stored, strict=True) if one is None]
    if lacking:
        missing = f"the gap of {' and '.join(lacking)} has not been climbed"
    else:
        one, other = ((errors or {})["val"] for errors in stored)
        if one.same_examples(other):
            contest = judge(one, other, confidence)
        else:
            missing = "they were not scored on the same validation examples"
    gaps = [run.numbers("gap") for run in pair]
    return Comparison(
        list(config_diff(first.config, second.config)),
        {
            "validation score": _both([score(gap) for gap in gaps]),
            "test score": _both([test_score(run) for run in pair]),
        },
        {
            "seconds of the climb": _both([round(run.seconds(), 1) for run in pair]),
            "parameters": _both([gap.get("parameters") for gap in gaps]),
            "training steps": _both([get(run.config, "training.steps") for run in pair]),
        },
        contest,
        missing,
    )


def judge(first: StoredErrors, second: StoredErrors, confidence: float) -> Contest:
    """Decide which model is better; a winner has to beat both examples' and retraining's noise.

    Args:
        first: Errors of A.
        second: Errors of B on the same examples.
        confidence: Confidence of both intervals.
    """
    examples = paired_difference(
        first.errors.mean(axis=0), second.errors.mean(axis=0), confidence, seed=0
    )
    seeds = mean_difference(first.errors.mean(axis=1), second.errors.mean(axis=1), confidence)
    _, better = paired_gain(1 - second.errors, 1 - first.errors, confidence, seed=0)
    winner = None
    if min(len(first.errors), len(second.errors)) < 2:
        reason = "one seed shows no retraining noise: climb with stage.gap.seeds of 2 or more"
    elif not examples.excludes_zero():
        reason = "the difference is within the noise of the examples"
    elif not seeds.excludes_zero():
        reason = "the difference is within retraining noise: more seeds would tell"
    else:
        winner = "B" if examples.value < 0 else "A"
        reason = f"{winner} is better beyond retraining noise"
    pairs = zip(first.predictions, second.predictions, strict=False)
    return Contest(
        examples,
        seeds,
        better,
        float(np.mean([_share_changed(a, b) for a, b in pairs])),
        (_churn(first.predictions), _churn(second.predictions)),
        winner,
        reason,
    )


def config_diff(
    first: Mapping[str, Any], second: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted keys in which two configs differ, with both values."""
    for key in sorted({*first, *second}):
        if not prefix and key in _IGNORED:
            continue
        one, other = first.get(key), second.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from config_diff(
                cast("Mapping[str, Any]", one), cast("Mapping[str, Any]", other), f"{prefix}{key}."
            )
        elif one != other:
            yield f"{prefix}{key}", one, other


def score(gap: Mapping[str, Any]) -> float | None:
    """Return the validation score of a gap stage's figures: 1 less the error."""
    if not gap:
        return None
    errors = gap["errors"]
    return 1 - float(errors.get("test_validation", errors["validation"])["value"])


def test_score(run: Run) -> float | None:
    """Return the test score of a run's own configuration, None if test was not opened."""
    scores = run.test().get("accuracy", {}).get("incumbent")
    return float(np.mean(scores)) if scores else None


def _both(values: list[Any]) -> tuple[Any, Any]:
    return values[0], values[1]


def _share_changed(first: Errors, second: Errors) -> float:
    return float((~np.isclose(first, second, rtol=1e-3, atol=1e-3)).mean())


def _churn(predictions: Any) -> float | None:
    return _share_changed(predictions[0], predictions[1]) if len(predictions) > 1 else None

"""The checks of the benchmark stage (method, section 9)."""

import math
from collections.abc import Sequence

from startsimple.schema.config import BenchmarkConfig
from startsimple.schema.stages import BenchmarkStage
from startsimple.schema.verdict import Check, Status, judge
from startsimple.training.statistics import mean_interval, p_below
from startsimple.training.units import Result

# Rank of a reference (method, section 9): what it is worth.
RANKS = {
    1: "official implementation on similar data",
    2: "official implementation on a benchmark",
    3: "unofficial implementation",
    4: "paper without code",
    5: "this model on a benchmark dataset",
    6: "similar model on similar data",
    7: "simple baseline: a floor only",
}


def tolerance_of(claim: BenchmarkConfig, value: float) -> float:
    """Return how far from a claim is still at it (B-04).

    Args:
        claim: For the size of the test split and the declared tolerance.
        value: The claimed accuracy.

    Returns:
        The larger of two standard errors of the test split and the declared tolerance.
    """
    return max(2 * math.sqrt(value * (1 - value) / claim.test_size), claim.tolerance)


def steps_to(results: Sequence[Result], name: str, target: float) -> list[int]:
    """Return the first evaluated step at which each run reached an accuracy, if it did (B-03).

    Args:
        results: The runs.
        name: The watched set.
        target: The accuracy to reach.
    """
    steps: list[int] = []
    for result in results:
        scores = result.figures["scores"][name]
        hits = [
            step
            for step, score in zip(result.figures["evaluated"], scores, strict=True)
            if score["accuracy"] >= target
        ]
        steps += hits[:1]
    return steps


def judge_claim(
    claim: BenchmarkConfig,
    settings: BenchmarkStage,
    scores: Sequence[float],
    value: float,
    steps: Sequence[int],
) -> list[Check]:
    """Compare the scores of several seeds with a claim: B-01 to B-04.

    Args:
        claim: The claim.
        settings: The significance.
        scores: Accuracy of each seed.
        value: The claimed accuracy, published or measured on baselines.
        steps: Steps to the claim, of the seeds that reached it.

    Returns:
        The checks.
    """
    tolerance = tolerance_of(claim, value)
    return [
        *_significance(claim, settings, scores, value, tolerance),
        judge(
            "B-03",
            "seeds that reach the reference within the budget",
            len(steps),
            ">=",
            math.ceil(len(scores) / 2),
            source="B-03",
            evidence=f"steps until accuracy {value - tolerance:.3f}: "
            + (", ".join(str(step) for step in steps) or "never"),
            otherwise=Status.WARN,
        ),
        _distance(claim, settings, scores, value, tolerance),
    ]


def _significance(
    claim: BenchmarkConfig,
    settings: BenchmarkStage,
    scores: Sequence[float],
    value: float,
    tolerance: float,
) -> list[Check]:
    floor_only = claim.value is None
    measured = f"{len(scores)} seeds: " + ", ".join(f"{score:.3f}" for score in scores)
    return [
        judge(
            "B-01",
            "p-value of being worse than the reference",
            p_below(scores, value - tolerance),
            ">",
            settings.alpha,
            source="B-01",
            evidence=f"{measured}; against {value:.3f} - {tolerance:.3f}",
        ),
        judge(
            "B-02",
            "p-value of being better than the reference",
            1.0 if floor_only else p_below([-s for s in scores], -(value + tolerance)),
            ">",
            settings.alpha,
            source="B-02",
            evidence="better than a floor is welcome"
            if floor_only
            else f"{measured}; significantly above {value + tolerance:.3f} suggests leakage",
            otherwise=Status.WARN,
        ),
    ]


def _distance(
    claim: BenchmarkConfig,
    settings: BenchmarkStage,
    scores: Sequence[float],
    value: float,
    tolerance: float,
) -> Check:
    floor_only = claim.value is None
    interval = mean_interval(scores, 1 - settings.alpha)
    shortfall = value - interval.value if floor_only else abs(interval.value - value)
    return judge(
        "B-04",
        "accuracy below the reference" if floor_only else "distance from the reference",
        round(shortfall, 6),
        "<=",
        round(tolerance, 6),
        source="B-04: the larger of 2 standard errors of the test size and the declared one",
        evidence=f"mean {interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}], "
        f"reference {value:.3f} (rank {claim.rank}: {RANKS[claim.rank]})",
    )

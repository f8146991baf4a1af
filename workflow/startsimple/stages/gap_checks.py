"""The checks of the gap stage (method, section 10)."""

from collections.abc import Sequence

from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.verdict import Check, Status, judge
from startsimple.training.gaps import ROUTES, UNDECIDED, Decomposition, Route
from startsimple.training.units import Result

# A wider interval hides the gaps of a few points that decide the route (E-02).
HALF_WIDTH_MAX = 0.1


def judge_runs(
    results: Sequence[Result], parts: Decomposition, majority: float, examples: int
) -> list[Check]:
    """Judge whether the runs measure anything: E-01, P-08, E-02.

    Args:
        results: The default model's runs.
        parts: Their error, taken apart.
        majority: Metric of the best constant answer on the validation split.
        examples: Size of the validation split, and of the train subset.

    Returns:
        The checks.
    """
    validation, train = parts.errors["validation"], parts.errors["train"]
    diverged = sum(bool(result.figures["diverged"]) for result in results)
    widest = max(rate.high - rate.low for rate in parts.errors.values()) / 2
    return [
        judge(
            "E-01",
            "runs that diverged",
            diverged,
            "==",
            0,
            source="E-01",
            evidence=f"all errors from the last step of {len(results)} runs, evaluation mode, "
            f"{examples} validation and at most as many train examples",
        ),
        judge(
            "P-08",
            "validation error below the best constant answer's",
            validation.high,
            "<",
            1 - majority,
            source="P-08",
            evidence=f"validation error {validation.value:.3f}, constant answer {1 - majority:.3f}",
        ),
        judge(
            "E-02",
            "half-width of the widest interval",
            round(widest, 6),
            "<=",
            HALF_WIDTH_MAX,
            source="E-02",
            evidence=f"train {train.show()}, validation {validation.show()}",
            otherwise=Status.WARN,
        ),
    ]


def judge_irreducible(dataset: DatasetConfig) -> Check:
    """Judge whether the best reachable error has a source (E-03)."""
    source = dataset.irreducible_source
    return judge(
        "E-03",
        "irreducible error is declared with its source",
        source not in ("", DatasetConfig.irreducible_source),
        "==",
        True,
        source="E-03",
        evidence=f"{dataset.irreducible_error:.3f}: {source}",
        otherwise=Status.WARN,
    )


def judge_route(parts: Decomposition, route: Route) -> list[Check]:
    """Judge which gap to act on: E-04 to E-06.

    Args:
        parts: The error, taken apart.
        route: What was chosen.

    Returns:
        The checks.
    """
    largest = parts.largest()
    chosen = route.gap or largest
    negative = [gap.name for gap in parts.gaps[1:] if gap.estimate.high < 0]
    return [
        judge(
            "E-04",
            "route, in the lecture's order",
            route.name,
            "!=",
            UNDECIDED,
            source="E-04",
            evidence=route.reason,
            otherwise=Status.INCONCLUSIVE,
        ),
        judge(
            "E-05",
            "first gap in order is the largest",
            ROUTES[largest.name],
            "==",
            ROUTES[chosen.name],
            source="E-05",
            evidence="; ".join(f"{gap.name} {gap.estimate.show()}" for gap in parts.gaps),
            otherwise=Status.WARN,
        ),
        judge(
            "E-06",
            "significantly negative gaps",
            len(negative),
            "==",
            0,
            source="E-06",
            evidence=f"{', '.join(negative)}: the later set looks easier than the one before it: "
            "leakage, or an easier split"
            if negative
            else "no set is easier than the one before it",
            otherwise=Status.WARN,
        ),
    ]

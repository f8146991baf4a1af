"""The checks of the gap stage (method, section 10)."""

from collections.abc import Sequence

from startsimple.schema.config import DatasetConfig
from startsimple.schema.stages import GapStage
from startsimple.schema.verdict import Check, Status, judge
from startsimple.training.gaps import ROUTES, Decomposition
from startsimple.training.statistics import Estimate
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
    validation, train = parts.rates["validation"], parts.rates["train"]
    diverged = sum(bool(result.figures["diverged"]) for result in results)
    widest = max(rate.high - rate.low for rate in parts.rates.values()) / 2
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
            evidence=f"train {_show(train)}, validation {_show(validation)}",
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


def judge_route(parts: Decomposition, settings: GapStage, met: bool) -> list[Check]:
    """Judge which gap to act on: E-04 to E-06.

    Args:
        parts: The error, taken apart.
        settings: The tolerance.
        met: Whether the target error is met.

    Returns:
        The checks.
    """
    first, largest = parts.first(settings.tolerance), parts.largest()
    negative = [gap for gap in parts.gaps[1:] if gap.estimate.high < 0]
    return [
        _order(parts, settings, met),
        judge(
            "E-05",
            "first gap in order is the largest",
            ROUTES[largest.name],
            "==",
            ROUTES[(first or largest).name],
            source="E-05",
            evidence="; ".join(f"{gap.name} {_show(gap.estimate)}" for gap in parts.gaps),
            otherwise=Status.WARN,
        ),
        judge(
            "E-06",
            "significantly negative gaps",
            len(negative),
            "==",
            0,
            source="E-06",
            evidence="validation looks easier than train: leakage, or an easier split"
            if negative
            else "validation is not easier than train",
            otherwise=Status.WARN,
        ),
    ]


def _order(parts: Decomposition, settings: GapStage, met: bool) -> Check:
    first = parts.first(settings.tolerance)
    needed = max((gap.needed for gap in parts.gaps), default=0)
    route = "done" if met else ROUTES[first.name] if first else "undecided"
    evidence = (
        f"{first.name} is {_show(first.estimate)}"
        if first
        else "the target is met"
        if met
        else f"no gap is beyond its interval; about {needed} examples per set would decide"
    )
    return judge(
        "E-04",
        "route, in the lecture's order",
        route,
        "!=",
        "undecided",
        source="E-04",
        evidence=evidence,
        otherwise=Status.INCONCLUSIVE,
    )


def _show(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"

"""The checks of the tuning stage, and what to do after it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from startsimple.schema.config import Config
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.stage import Inputs
from startsimple.training.search import Point, at_boundary
from startsimple.training.statistics import (
    error_interval,
    rate_difference,
    selection_optimism,
    spread_of,
)

if TYPE_CHECKING:
    from startsimple.stages.claim import TestScores
    from startsimple.stages.tune import Contest, Trial

# T-05 looks at so many best trials; T-11 at this last part of the budget.
TOP = 3
LATE = 0.75


def judge_tuning(
    config: Config,
    trials: Sequence["Trial"],
    contest: "Contest",
    test: "TestScores",
    adopted: bool,
) -> list[Check]:
    """Judge search, contest and claim.

    Args:
        config: For the thresholds.
        trials: All trials.
        contest: Winner against incumbent.
        test: Scores of the one opening.
        adopted: Whether the winner replaces the incumbent.

    Returns:
        The checks, the search's first.
    """
    return [
        _boundary(config, trials),
        _infeasible(config, trials),
        _late(contest),
        _gain(contest),
        _openings(config, test),
        _optimism(config, trials, contest, test, adopted),
    ]


def _boundary(config: Config, trials: Sequence["Trial"]) -> Check:
    ranked = sorted(trials, key=lambda trial: -trial.score)[:TOP]
    fraction = config.stage.tune.boundary_fraction
    near = at_boundary(config.search.space, [trial.point for trial in ranked], fraction)
    return judge(
        "T-05",
        "hyper-parameters with a best trial near a bound",
        len(near),
        "==",
        0,
        source="T-05",
        evidence=f"widen search.space of {', '.join(near)}" if near else
        f"the best {len(ranked)} of {len(trials)} trials lie inside the searched ranges",
        otherwise=Status.WARN,
    )  # fmt: skip


def _infeasible(config: Config, trials: Sequence["Trial"]) -> Check:
    diverged = sum(trial.diverged for trial in trials)
    return judge(
        "T-06",
        "share of trials that diverged",
        round(diverged / len(trials), 6),
        "<=",
        config.stage.tune.infeasible_max,
        source="T-06",
        evidence=f"{diverged} of {len(trials)}",
    )


def _late(contest: "Contest") -> Check:
    positions: list[float] = []
    for _, result in contest.winner:
        accuracies = [score["accuracy"] for score in result.figures["scores"]["val"]]
        steps = result.figures["evaluated"]
        positions.append(steps[int(np.argmax(accuracies))] / steps[-1])
    return judge(
        "T-11",
        "position of the best checkpoint in the budget",
        round(min(positions), 6),
        "<=",
        LATE,
        source="T-11",
        evidence="best after "
        + ", ".join(f"{position:.0%}" for position in positions)
        + " of the steps; later in all seeds would ask for more steps",
        otherwise=Status.WARN,
    )


def _gain(contest: "Contest") -> Check:
    gain = contest.gain
    return judge(
        "T-16",
        "lower end of the gain's interval",
        round(gain.low, 6),
        ">",
        0.0,
        source="T-16",
        evidence=f"validation score {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] "
        f"over {len(contest.winner)} seeds, better with probability {contest.better:.2f}: "
        + ("beyond retraining noise" if gain.low > 0 else "within retraining noise"),
        # Keeping the incumbent claims no gain, so nothing unproven is passed on.
        otherwise=Status.WARN,
    )


def _openings(config: Config, test: "TestScores") -> Check:
    return judge(
        "E-13",
        "openings of the test split for a claim",
        test.openings,
        "<=",
        config.stage.tune.test_openings_max,
        source="E-13",
        evidence="; ".join(
            f"{name} {np.mean(scores):.3f}" for name, scores in sorted(test.accuracy.items())
        )
        + f" on test, n = {test.n}; recorded in results/ledger.jsonl",
    )


def _optimism(
    config: Config,
    trials: Sequence["Trial"],
    contest: "Contest",
    test: "TestScores",
    adopted: bool,
) -> Check:
    pairs, name = (contest.winner, "winner") if adopted else (contest.incumbent, "incumbent")
    right = [result.tensors["correct.val"] for _, result in pairs]
    val, n = float(np.mean([float(row.mean()) for row in right])), len(right[0])
    confidence = config.stage.tune.confidence
    spread = spread_of(np.stack([row.numpy() for row in right]))
    drop = rate_difference(
        error_interval(float(np.mean(test.accuracy[name])), test.n, confidence, spread),
        error_interval(val, n, confidence, spread),
    )
    allowed = selection_optimism(n, val, len(trials), spread)
    return judge(
        "E-14",
        "validation score above test, beyond selection noise",
        round(drop.low, 6),
        "<=",
        round(allowed, 6),
        source="E-14",
        evidence=f"{name}: validation - test {drop.value:+.3f} [{drop.low:+.3f}, "
        f"{drop.high:+.3f}]; choosing among {len(trials)} trials explains {allowed:.3f}",
        otherwise=Status.WARN,
    )


def next_step(inputs: Inputs, point: Point, contest: "Contest", adopted: bool) -> str:
    """Say what to do after tuning, in one sentence."""
    if not adopted:
        return "Keep the incumbent: no gain beyond retraining noise; enlarge the model or the data."
    metric = contest.winner[0][1].figures["metric"].replace("_", " ")
    values = ", ".join(f"{key} {value:g}" for key, value in sorted(point.values.items()))
    return (
        f"Adopt {values} with the {point.schedule} schedule ({contest.gain.value:+.1%} validation "
        f"{metric}): the next round is ready in results/{inputs.run}/tune/"
        f"{inputs.experiment}_r1.yaml."
    )


def remedy(checks: Sequence[Check]) -> str:
    """Say what to do if tuning blocks, in one sentence."""
    if any(check.id == "E-13" and check.status.blocks for check in checks):
        return (
            "The test split has been opened for different models: draw a new one, or raise "
            "stage.tune.test_openings_max and say so wherever you claim the number."
        )
    return "Back to the gap: lower the searched learning rates, most trials diverged."

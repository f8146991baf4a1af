"""The checks of the tuning stage, and what to do after it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from startsimple.schema.config import Config
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.stage import Inputs
from startsimple.training.search import Point, at_boundary

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
    claimed: Mapping[str, Any],
) -> list[Check]:
    """Judge search, contest and claim.

    Args:
        config: For the thresholds.
        trials: All trials.
        contest: Winner against incumbent.
        test: Scores of the one opening.
        claimed: The claimed model's error, taken apart; empty while test is closed.

    Returns:
        The checks, the search's first.
    """
    return [
        _boundary(config, trials),
        _infeasible(config, trials),
        _late(contest),
        _gain(contest),
        _openings(config, test),
        _optimism(trials, claimed),
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
    told = "; ".join(
        f"{name} {np.mean(scores):.3f}" for name, scores in sorted(test.accuracy.items())
    )
    return judge(
        "E-13",
        "openings of the test split for a claim",
        test.openings,
        "<=",
        config.stage.tune.test_openings_max,
        source="E-13",
        evidence=f"{told} on test, n = {test.n}; recorded in results/ledger.jsonl"
        if told
        else "the budget is spent, so test stayed closed for these models",
    )


def _optimism(trials: Sequence["Trial"], claimed: Mapping[str, Any]) -> Check:
    title = "error on test above validation, beyond selection noise"
    if not claimed:
        return Check("E-14", title, Status.SKIP, source="E-14", evidence="test stayed closed")
    drop = claimed["gaps"]["validation_overfitting"]
    return judge(
        "E-14",
        title,
        round(drop["low"], 6),
        "<=",
        round(drop["explained"], 6),
        source="E-14",
        evidence=f"{claimed['model']}: test - validation error {drop['value']:+.3f} "
        f"[{drop['low']:+.3f}, {drop['high']:+.3f}]; choosing among {len(trials)} trials explains "
        f"{drop['explained']:.3f}",
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
        f"{metric}): "
        f"`startsimple next {inputs.run} --accept` writes the round."
    )


def remedy(checks: Sequence[Check]) -> str:
    """Say what to do if tuning blocks, in one sentence."""
    if any(check.id == "E-13" and check.status.blocks for check in checks):
        return (
            "The test split has been opened for different models: draw a new one, or raise "
            "stage.tune.test_openings_max and say so wherever you claim the number."
        )
    return "Back to the gap: lower the searched learning rates, most trials diverged."

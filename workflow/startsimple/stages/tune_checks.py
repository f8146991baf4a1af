"""The checks of the tuning stage, and what to do after it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from startsimple.schema.config import Config
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages import gap
from startsimple.stages.claim import TestScores
from startsimple.stages.stage import Inputs
from startsimple.stages.tune_probe import Probe, judge_clipping, judge_stability, risen
from startsimple.stages.tune_record import in_retrospect
from startsimple.stages.tune_rounds import Contest
from startsimple.training.search import Point, at_boundary
from startsimple.training.statistics import best_of_quantile
from startsimple.training.study import TOP, Study
from startsimple.training.units import Result

# T-11: a best checkpoint before the first share, or after the second one, in every seed.
_EARLY, _LATE = 0.1, 0.75


def judge_tuning(
    config: Config,
    study: Study,
    contest: Contest,
    found: Probe | None,
    test: TestScores,
    claimed: Mapping[str, Any],
) -> list[Check]:
    """Judge search, contest and claim.

    Args:
        config: For the thresholds.
        study: The search.
        contest: Winner against incumbent.
        found: What lies above the best learning rate.
        test: Scores of the one opening.
        claimed: The claimed model's error, taken apart; empty while test is closed.

    Returns:
        The checks, the search's first.
    """
    limit = config.stage.tune.regained_max
    return [
        _boundary(config, study),
        _infeasible(config, study),
        _questions(limit, study, contest),
        _overfitting(contest),
        *_budget(contest),
        judge_stability(limit, found),
        *judge_clipping(config.stage.tune.clipped_max, contest),
        _gain(contest),
        _openings(config, test),
        _optimism(study, claimed),
    ]


def _boundary(config: Config, study: Study) -> Check:
    best = [trial.point for trial in study.ranked()[:TOP]]
    near = at_boundary(study.space, best, config.stage.tune.boundary_fraction)
    told = (
        f"widen search.space of {', '.join(near)}"
        if near
        else f"the best {len(best)} of {len(study.trials)} trials lie inside the searched ranges"
    )
    widened = f"; already widened: {', '.join(study.widened)}" if study.widened else ""
    return judge(
        "T-05",
        "hyper-parameters with a best trial near a bound",
        len(near),
        "==",
        0,
        source="T-05",
        evidence=told + widened,
        otherwise=Status.WARN,
    )


def _infeasible(config: Config, study: Study) -> Check:
    trials = [*study.rungs, *study.trials]
    diverged = sum(trial.diverged for trial in trials)
    infeasible = sum(not trial.feasible for trial in trials)
    return judge(
        "T-06",
        "share of trials that diverged or learnt nothing",
        round(infeasible / len(trials), 6),
        "<=",
        config.stage.tune.infeasible_max,
        source="T-06",
        evidence=f"{infeasible} of {len(trials)}: {diverged} diverged, {infeasible - diverged} "
        "are no better than the best constant answer",
    )


def _questions(limit: float, study: Study, contest: Contest) -> Check:
    """Answer what has to be asked before a result is read (T-09)."""
    scores = [trial.score for trial in study.trials]
    low, high = (best_of_quantile(scores, max(1, len(scores) // 2), q) for q in (0.25, 0.75))
    results = [result for _, result in contest.winner + contest.incumbent]
    value = risen(results)
    late = max(_unrest(result) for result in results)
    return judge(
        "T-09",
        "training loss regained above its low, in the compared runs",
        round(value, 6),
        "<=",
        limit,
        source="T-09",
        evidence=f"enough points? {1 - 0.95 ** len(scores):.0%} sure of one in the best 5 %, the "
        f"best of half of them varies from {low:.3f} to {high:.3f} (quartiles); sane curves? "
        f"validation moves by {late:.3f} between late evaluations; a training loss that rises is "
        "a bug; size of the space, infeasible points, stability: T-05, T-06, T-12",
        otherwise=Status.WARN,
    )


def _unrest(result: Result) -> float:
    """Return the spread between the evaluations of a run's last third."""
    accuracies = [score["accuracy"] for score in result.figures["scores"][gap.VAL]]
    return float(np.std(accuracies[-max(2, len(accuracies) // 3) :]))


def _overfitting(contest: Contest) -> Check:
    """Judge whether a compared run lost what it had already reached (T-10)."""
    groups = {"winner": contest.winner, "incumbent": contest.incumbent}
    lost = {
        name: np.mean([_lost(result) for _, result in pairs], axis=0)
        for name, pairs in groups.items()
    }
    return judge(
        "T-10",
        "validation score lost since the best evaluation, beyond the noise of choosing it",
        round(max(float(drop - noise) for drop, noise in lost.values()), 6),
        "<=",
        0.0,
        source="T-10",
        evidence="; ".join(
            f"{name} lost {drop:.3f}, choosing explains {noise:.3f}"
            for name, (drop, noise) in lost.items()
        )
        + ": more would be overfitting, to be regularised before anything is concluded",
        otherwise=Status.WARN,
    )


def _lost(result: Result) -> tuple[float, float]:
    """Return the score lost since a run's best evaluation, and what choosing that explains."""
    accuracies = [score["accuracy"] for score in result.figures["scores"][gap.VAL]]
    return max(accuracies) - accuracies[-1], in_retrospect(result)["explained"]


def _budget(contest: Contest) -> list[Check]:
    """Judge where in the budget the best checkpoints lie; the budget is never tuned (T-11)."""
    positions: list[float] = []
    for _, result in contest.winner:
        accuracies = [score["accuracy"] for score in result.figures["scores"][gap.VAL]]
        steps = result.figures["evaluated"]
        positions.append(steps[int(np.argmax(accuracies))] / steps[-1])
    told = "best after " + ", ".join(f"{position:.0%}" for position in positions) + " of the steps"
    rules = (
        ("earliest", min(positions), "<=", _LATE, "later in all seeds would ask for more steps"),
        ("latest", max(positions), ">", _EARLY, "earlier in all seeds would ask for fewer"),
    )
    return [
        judge(
            "T-11",
            f"position of the {which} best checkpoint in the budget",
            round(value, 6),
            op,
            bound,
            source="T-11",
            evidence=f"{told}; {why}",
            otherwise=Status.WARN,
        )
        for which, value, op, bound, why in rules
    ]


def _gain(contest: Contest) -> Check:
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


def _openings(config: Config, test: TestScores) -> Check:
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


def _optimism(study: Study, claimed: Mapping[str, Any]) -> Check:
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
        f"[{drop['low']:+.3f}, {drop['high']:+.3f}]; choosing among {len(study.trials)} trials "
        f"explains {drop['explained']:.3f}",
        otherwise=Status.WARN,
    )


def next_step(inputs: Inputs, point: Point, contest: Contest, adopted: bool) -> str:
    """Say what to do after tuning, in one sentence."""
    if not adopted:
        return "Keep the incumbent: no gain beyond retraining noise; enlarge the model or the data."
    metric = contest.winner[0][1].figures["metric"].replace("_", " ")
    values = ", ".join(f"{key} {value:g}" for key, value in sorted(point.values.items()))
    if "optimizer" in point.choices:
        values = f"{point.choices['optimizer']}, {values}"
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
    return "Back to the gap: most trials diverged or learnt nothing; move the searched ranges."

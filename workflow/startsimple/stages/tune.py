"""Stage 7: tune, believe the gain only beyond retraining noise, open test once (section 12)."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from startsimple.data.pointer import folder_of
from startsimple.data.prepared import load_prepared
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config, OptimizerConfig, ScheduleConfig, TrainingConfig
from startsimple.schema.verdict import Verdict
from startsimple.stages import gap
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.claim import TestScores, open_test_once
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import accused_by
from startsimple.stages.tune_checks import judge_tuning, next_step, remedy
from startsimple.training.error_sets import ErrorSet
from startsimple.training.runs import Bench, Variant, final_accuracy, unit_of
from startsimple.training.search import Point, narrow, sample, validate
from startsimple.training.statistics import Estimate, best_of, paired_gain
from startsimple.training.units import Result, Unit


@dataclass(frozen=True)
class Trial:
    """One finished trial: where it was, how it scored on validation, whether it diverged."""

    point: Point
    unit: Unit
    result: Result

    @property
    def score(self) -> float:
        """Validation accuracy at the end of the trial."""
        return final_accuracy(self.result, gap.VAL)

    @property
    def diverged(self) -> bool:
        """True if the loss became non-finite."""
        return bool(self.result.figures["diverged"])


@dataclass(frozen=True)
class Contest:
    """Winner and incumbent over the same seeds.

    Attributes:
        winner: Runs of the tuned configuration.
        incumbent: Runs of the default configuration.
        gain: Gain in validation accuracy, over seeds and examples.
        better: Probability that the winner is better.
    """

    winner: list[tuple[Unit, Result]]
    incumbent: list[tuple[Unit, Result]]
    gain: Estimate
    better: float


def run(config: Config, inputs: Inputs) -> Verdict:
    """Search coarse then fine, confirm over seeds, and claim a number on test.

    Args:
        config: Sections of the program and search, with stage.tune.
        inputs: Where the stage stands.

    Returns:
        The verdict over T-05, T-06, T-11, T-16, E-13 and E-14.

    Raises:
        UserError: If the search space or a budget is wrong.
    """
    settings = config.stage.tune
    require("training.evaluations", config.training.evaluations, 1)
    validate(config.search, [item.name for item in fields(OptimizerConfig) if item.name != "name"])
    prepared = load_prepared(folder_of(config.dataset, inputs.root), inputs.artefact)
    bench = gap.make_bench(prepared, config)
    trials = _search(config, bench, inputs)
    best = _final(config, trials, bench, inputs)
    contest = _confirm(config, best.point, bench, inputs)
    adopted = contest.gain.low > 0
    pairs = {"winner": contest.winner, "incumbent": contest.incumbent}
    test = open_test_once(config, bench, pairs, inputs)
    _write_curves(trials, contest, inputs)
    claimed = claimed_gaps(config, trials, contest, test, adopted)
    checks = judge_tuning(config, trials, contest, test, claimed)
    numbers = {**_numbers(config, trials, best, contest, test, adopted), "claimed": claimed}
    return conclude(
        inputs,
        settings,
        checks,
        deciding="T-16",
        on_pass=next_step(inputs, best.point, contest, adopted),
        on_fail=remedy(checks),
        suspects=accused_by(checks, {"T-06": ("O01", 0.6)}),
        numbers=numbers,
    )


def _search(config: Config, bench: Bench, inputs: Inputs) -> list[Trial]:
    """Run the coarse round, then the fine one in the ranges that its best trials span."""
    search = config.search
    coarse = sample(search.space, search.schedules, search.coarse_trials, config.seed)
    trials = _run_trials(config, coarse, "coarse", bench, inputs, search.trial_steps)
    ranked = sorted(trials, key=lambda trial: -trial.score)
    space, schedules = narrow(search.space, [trial.point for trial in ranked[: search.keep]])
    fine = sample(space, schedules, search.fine_trials, config.seed + 1)
    return trials + _run_trials(config, fine, "fine", bench, inputs, search.trial_steps)


def _final(config: Config, trials: list[Trial], bench: Bench, inputs: Inputs) -> Trial:
    """Run the best trial of each schedule at the full budget; the best of them is the winner.

    A decaying schedule gains more from a long run than a constant one, so short trials alone
    would choose between schedules unfairly. The winner's run is the contest's first one.
    """
    ranked = sorted(trials, key=lambda trial: -trial.score)
    best = {trial.point.schedule: trial.point for trial in reversed(ranked)}
    points = [best[name] for name in sorted(best)]
    steps = config.search.confirm_steps
    finalists = _run_trials(config, points, "final", bench, inputs, steps)
    return max(finalists, key=lambda trial: trial.score)


def _run_trials(
    config: Config, points: list[Point], name: str, bench: Bench, inputs: Inputs, steps: int
) -> list[Trial]:
    budget = replace(config.training, steps=steps)
    units = [
        unit_of(
            f"{name} trial {number}",
            config,
            0,
            bench,
            "full",
            inputs.context(),
            variant(config, point, budget),
        )
        for number, point in enumerate(points, start=1)
    ]
    results = run_all(units, bench, inputs)
    return [Trial(*parts) for parts in zip(points, units, results, strict=True)]


def variant(config: Config, point: Point, budget: TrainingConfig) -> Variant:
    """Return what a point changes against the experiment."""
    warmup = config.schedule.warmup_fraction
    schedule = ScheduleConfig(point.schedule, warmup)
    optimizer = replace(config.optimizer, **point.values)
    return Variant(optimizer=optimizer, schedule=schedule, training=budget)


def _confirm(config: Config, point: Point, bench: Bench, inputs: Inputs) -> Contest:
    """Run winner and incumbent over the same seeds; the gap stage's runs are not run again."""
    search, context = config.search, inputs.context()
    budget = replace(config.training, steps=search.confirm_steps)
    seeds = range(search.confirm_seeds)
    tuned = variant(config, point, budget)
    units = [
        unit_of(f"winner seed {seed}", config, seed, bench, "full", context, tuned)
        for seed in seeds
    ] + [
        unit_of(
            f"incumbent seed {seed}", config, seed, bench, "full", context, Variant(training=budget)
        )
        for seed in seeds
    ]
    results = run_all(units, bench, inputs)
    pairs = list(zip(units, results, strict=True))
    winner, incumbent = pairs[: len(seeds)], pairs[len(seeds) :]
    gain, better = paired_gain(
        right(winner), right(incumbent), config.stage.tune.confidence, config.seed
    )
    return Contest(winner, incumbent, gain, better)


def right(pairs: list[tuple[Unit, Result]]) -> NDArray[np.float64]:
    """Return whether each validation example was right, shape (seeds, examples)."""
    rows = [
        torch.zeros_like(result.tensors[f"correct.{gap.VAL}"])
        if result.figures["diverged"]
        else result.tensors[f"correct.{gap.VAL}"]
        for _, result in pairs
    ]
    return torch.stack(rows).double().numpy()


def claimed_gaps(
    config: Config, trials: list[Trial], contest: Contest, test: TestScores, adopted: bool
) -> dict[str, Any]:
    """Take the claimed model's whole error apart, now that test has been opened (E-13, E-14).

    Returns:
        The decomposition with what choosing among the trials explains; nothing if the claimed
        runs diverged or test stayed closed.
    """
    name, pairs = ("winner", contest.winner) if adopted else ("incumbent", contest.incumbent)
    results = [result for _, result in pairs]
    if not test.accuracy or any(result.figures["diverged"] for result in results):
        return {}
    watched = [key.split(".")[1] for key in results[0].tensors if key.startswith("correct.")]
    errors = {key: gap.errors_of(results, key) for key in watched}
    opened = ErrorSet.of(test.errors[name])
    # The incumbent was chosen over the winner of as many trials.
    parts = gap.take_apart(
        config.dataset,
        errors,
        config.stage.tune.confidence,
        test=opened,
        selections=len(trials),
    )
    return {
        "model": name,
        "irreducible": config.dataset.irreducible_error,
        "confidence": config.stage.tune.confidence,
        "largest": parts.largest().name,
        **gap.gap_numbers(parts),
    }


def _write_curves(trials: list[Trial], contest: Contest, inputs: Inputs) -> None:
    pairs = contest.winner + contest.incumbent
    units = [trial.unit for trial in trials] + [unit for unit, _ in pairs]
    results = [trial.result for trial in trials] + [result for _, result in pairs]
    params = [trial.point.plain() for trial in trials] + [
        {"seed": unit.recipe["seed"]} for unit, _ in pairs
    ]
    write_json(inputs.folder / "curves.json", series_file(units, results, params))


def _numbers(
    config: Config,
    trials: list[Trial],
    best: Trial,
    contest: Contest,
    test: TestScores,
    adopted: bool,
) -> dict[str, Any]:
    scores = [trial.score for trial in trials]
    return {
        "device": best.result.figures["device"],
        "goal": config.search.goal,
        "trials": [
            {**trial.point.plain(), "score": trial.score, "diverged": trial.diverged}
            for trial in trials
        ],
        "coarse_trials": config.search.coarse_trials,
        "best_of_k": [best_of(scores, k) for k in range(1, len(scores) + 1)],
        "winner": best.point.plain(),
        "incumbent": {"lr": config.optimizer.lr, "schedule": config.schedule.name},
        "adopted": adopted,
        "gain": asdict(contest.gain),
        "better": contest.better,
        "validation": {
            "winner": [float(row.mean()) for row in right(contest.winner)],
            "incumbent": [float(row.mean()) for row in right(contest.incumbent)],
        },
        "test": test.plain(),
        "target": 1 - config.dataset.irreducible_error,
    }

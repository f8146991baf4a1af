"""Compares the tuner with plain Optuna at equal trials and equal compute: `make tuners`.

Every repetition is another seed of initial weights, batch order and search; within it all methods
train the same network on the same data. What was measured is kept, so that a killed comparison
goes on where it stopped.
"""

import argparse
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from startsimple.cli.tuners_table import write_table
from startsimple.schema.canonical import digest, read_json, write_json
from startsimple.schema.compose import compose_experiment
from startsimple.schema.load import load_slice
from startsimple.schema.numerics import set_environment
from startsimple.schema.seeds import derive

if TYPE_CHECKING:
    import optuna

    from startsimple.stages.tune_rounds import Rounds, RunUnits
    from startsimple.training.runs import Bench
    from startsimple.training.study import Trial
    from startsimple.training.units import Result, Unit

# Steps of a trial by experiment. Eighteen whole trials each, what the default of a search takes.
STEPS = {"digits_mlp": 150, "mnist1d_mlp": 150, "mnist1d_cnn": 150}
TRIALS = 18
_OURS = {
    "startsimple": (
        "search.halving=4",
        "search.coarse_trials=16",
        "search.fine_trials=0",
        "search.bayesian_trials=10",
    ),
    "startsimple, no halving": (
        "search.halving=1",
        "search.coarse_trials=8",
        "search.fine_trials=4",
        "search.bayesian_trials=6",
    ),
    "startsimple, no Bayesian round": (
        "search.halving=1",
        "search.coarse_trials=12",
        "search.fine_trials=6",
        "search.bayesian_trials=0",
    ),
}
# Seeds 0 to 9 and 100 to 129 were spent on choosing the rounds of the default.
_FIRST_SEED = 10
_EVALUATIONS = 6
METHODS = (*_OURS, "Optuna TPE", "Optuna random", "Optuna Hyperband")


@dataclass(frozen=True)
class Measured:
    """One repetition of one method: best score, trials begun, steps taken, processor seconds."""

    best: float
    trials: int
    steps: int
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is missing and write the table.

    Args:
        argv: Command line; see --help.

    Returns:
        0 once the table is written.
    """
    parser = argparse.ArgumentParser("python -m startsimple.cli.tuners", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("results/tuners.json"))
    parser.add_argument("--table", type=Path, default=Path("conf/search/RESULTS.md"))
    arguments = parser.parse_args(argv)
    known: dict[str, Any] = read_json(arguments.out) if arguments.out.exists() else {}
    # Of another version of a method, what is known stays unused.
    told: list[dict[str, Any]] = []
    for experiment in STEPS:
        for repetition in range(_FIRST_SEED, _FIRST_SEED + arguments.repetitions):
            for method in METHODS:
                overrides = _overrides(experiment, method, repetition)
                key = digest([experiment, overrides, method])[:24]
                if key not in known:
                    measured = _measure(experiment, overrides, method)
                    place = {"experiment": experiment, "method": method, "seed": repetition}
                    known[key] = {**place, **vars(measured)}
                    write_json(arguments.out, known)
                    print(f"{experiment}, {method}, seed {repetition}: {measured}", flush=True)
                    write_table([*told, known[key]], METHODS, arguments.table)
                told.append(known[key])
    write_table(told, METHODS, arguments.table)
    print(f"written: {arguments.table}")
    return 0


def _overrides(experiment: str, method: str, seed: int) -> list[str]:
    # Widening would add trials; the probe and the checkpoints are no part of the search.
    return [
        f"seed={seed}",
        f"training.evaluations={_EVALUATIONS}",
        f"search.trial_steps={STEPS[experiment]}",
        "search.widenings=0",
        *_OURS.get(method, ()),
    ]


def _measure(experiment: str, overrides: Sequence[str], method: str) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        rounds = _prepared(experiment, overrides, Path(scratch))
        trials: list[Trial] = []
        started = time.process_time()
        if method in _OURS:
            study = rounds.search()
            trials += [*study.rungs, *study.trials]
        else:
            _optuna(rounds, method, trials)
        seconds = time.process_time() - started
    steps = [trial.result.figures["evaluated"][-1] for trial in trials if trial.result]
    whole = [trial.score for trial, taken in zip(trials, steps, strict=True) if taken == max(steps)]
    # Of successive halving, a point that was promoted is one trial, not two.
    begun = len({str(trial.point.plain()) for trial in trials})
    return Measured(max(whole), begun, sum(steps), round(seconds, 2))


def _prepared(experiment: str, overrides: Sequence[str], folder: Path) -> "Rounds":
    """Return the experiment's rounds over its data, outside of any climb."""
    from startsimple.stages.stage import Inputs
    from startsimple.stages.tune import prepare
    from startsimple.training.runs import Bench

    composed = compose_experiment(Path("conf"), experiment, list(overrides))
    config = load_slice(composed.config)
    # The data stage measures the data's split and statistics once; its folder is under results/.
    inputs = Inputs(run=f"tuners/{experiment}", stage="data", root=Path())
    if not (inputs.folder / "verdict.json").exists():
        inputs.folder.mkdir(parents=True, exist_ok=True)
        base = load_slice(compose_experiment(Path("conf"), experiment).config)
        importlib.import_module("startsimple.stages.data").run(base, inputs).write(
            inputs.folder / "verdict.json"
        )
    rounds = prepare(config, replace(inputs, stage="tune"), _on(Bench({})))
    own = replace(rounds.inputs, run=str(folder / "run"), root=folder)
    return replace(rounds, inputs=own, run=_on(rounds.bench))


def _on(bench: "Bench") -> "RunUnits":
    """Return what runs units one after the other and keeps nothing."""

    def run(_: str, units: "Sequence[Unit]") -> "list[Result]":
        return [bench(unit.recipe) for unit in units]

    return run


def _optuna(rounds: "Rounds", method: str, trials: "list[Trial]") -> None:
    """Run one of Optuna's methods as its documentation would, until the steps are spent."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = derive(rounds.config.seed, method) % 2**32
    sampler: optuna.samplers.BaseSampler = (
        optuna.samplers.RandomSampler(seed)
        if method == "Optuna random"
        else optuna.samplers.TPESampler(seed=seed)
    )
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if method == "Optuna Hyperband":
        pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=_EVALUATIONS)
    # The pruner's brackets depend on the study's name, which is drawn at random unless given.
    study = optuna.create_study(
        study_name="tuners", direction="maximize", sampler=sampler, pruner=pruner
    )
    objective: Callable[[optuna.Trial], float] = partial(_objective, rounds, trials)
    budget = TRIALS * rounds.config.search.trial_steps
    spent = 0
    while spent < budget:
        study.optimize(objective, n_trials=1)
        result = trials[-1].result
        spent += result.figures["evaluated"][-1] if result else 0


def _objective(rounds: "Rounds", trials: "list[Trial]", trial: "optuna.Trial") -> float:
    import optuna

    from startsimple.training.search import Point

    search = rounds.config.search
    values = {
        name: trial.suggest_float(name, bounds.low, bounds.high, log=bounds.scale == "log")
        for name, bounds in search.space.items()
    }
    schedule = trial.suggest_categorical("schedule", search.schedules)
    pruned: list[bool] = []

    def stop(outcome: Any) -> bool:
        trial.report(outcome.scores["val"][-1].accuracy, len(outcome.evaluated))
        pruned.append(len(outcome.evaluated) < _EVALUATIONS and trial.should_prune())
        return pruned[-1]

    bench = replace(rounds.bench, stop=stop)
    stopping = replace(rounds, run=_on(bench))
    point = Point(values, {"schedule": schedule})
    trials += stopping.trials("optuna", [point], search.trial_steps)
    if pruned[-1]:
        raise optuna.TrialPruned
    return trials[-1].score


if __name__ == "__main__":
    set_environment()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())

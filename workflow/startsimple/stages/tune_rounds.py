"""Turns the points of a study into runs: trials, finals, and the contest over seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from startsimple.data.targets import chance
from startsimple.schema.config import Config, TrainingConfig
from startsimple.stages import gap
from startsimple.stages.stage import Inputs
from startsimple.training.runs import Bench, Variant, final_accuracy, unit_of
from startsimple.training.search import Point
from startsimple.training.statistics import Estimate, paired_gain
from startsimple.training.study import Study, Trial, explore
from startsimple.training.units import Result, Unit

JOURNAL = "study.journal"

# Runs the units of a named round and returns their results in order.
RunUnits = Callable[[str, Sequence[Unit]], list[Result]]


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


@dataclass(frozen=True)
class Rounds:
    """The rounds of one experiment's tuning, in order: each needs those before it.

    Attributes:
        config: The experiment.
        bench: Holds its data.
        inputs: Where the stage stands.
        run: Runs the units of a round.
    """

    config: Config
    bench: Bench
    inputs: Inputs
    run: RunUnits

    def search(self, journal: Path | None = None) -> Study:
        """Run the study's rounds, from the coarse one to the Bayesian ones.

        Args:
            journal: The Bayesian rounds' journal if it is not the stage's own.
        """
        journal = journal or self.inputs.folder / JOURNAL
        fraction = self.config.stage.tune.boundary_fraction
        return explore(self.config.search, self.config.seed, self.trials, fraction, journal)

    def trials(self, name: str, points: Sequence[Point], steps: int, keep: int = 0) -> list[Trial]:
        """Run one trial a point, all from the first seed."""
        budget = replace(self.config.training, steps=steps)
        units = [
            self._unit(f"{name} trial {number}", 0, variant(self.config, point, budget), keep)
            for number, point in enumerate(points, start=1)
        ]
        results = self.run(name, units)
        floor = self._floor()
        return [
            Trial(point, name, steps, score, score > floor, unit, result)
            for point, unit, result in zip(points, units, results, strict=True)
            for score in [final_accuracy(result, gap.VAL)]
        ]

    def final(self, study: Study) -> Trial:
        """Run the best trial of each schedule at the full budget; the best of them is the winner.

        A decaying schedule gains more from a long run than a constant one, so short trials alone
        would choose between schedules unfairly. The winner's run is the contest's first one.
        """
        best = {trial.point.schedule: trial.point for trial in reversed(study.ranked())}
        points = [best[name] for name in sorted(best)]
        search = self.config.search
        finalists = self.trials("final", points, search.confirm_steps, search.checkpoints)
        return max(finalists, key=lambda trial: trial.score)

    def contest(self, point: Point) -> Contest:
        """Run winner and incumbent over the same seeds; the gap's runs are not run again (T-16)."""
        search = self.config.search
        budget = replace(self.config.training, steps=search.confirm_steps)
        seeds = range(search.confirm_seeds)
        tuned, default = variant(self.config, point, budget), Variant(training=budget)
        units = [self._unit(f"winner seed {s}", s, tuned, search.checkpoints) for s in seeds]
        units += [self._unit(f"incumbent seed {s}", s, default) for s in seeds]
        pairs = list(zip(units, self.run("contest", units), strict=True))
        winner, incumbent = pairs[: len(seeds)], pairs[len(seeds) :]
        gain, better = paired_gain(
            right(winner), right(incumbent), self.config.stage.tune.confidence, self.config.seed
        )
        return Contest(winner, incumbent, gain, better)

    def _unit(self, name: str, seed: int, changes: Variant, keep: int = 0) -> Unit:
        context: Any = self.inputs.context()
        return unit_of(name, self.config, seed, self.bench, "full", context, changes, keep)

    def _floor(self) -> float:
        """Return the score of the best constant answer: what does not beat it learnt nothing."""
        return chance(self.bench.sets["full"].watched[gap.VAL].y)


def variant(config: Config, point: Point, budget: TrainingConfig) -> Variant:
    """Return what a point changes against the experiment."""
    own: dict[str, dict[str, Any]] = {"optimizer": {}, "schedule": {}}
    for key, value in point.changes().items():
        section, _, name = key.partition(".")
        own[section][name] = value
    if own["optimizer"].get("name", config.optimizer.name) != "sgd":
        # Momentum is SGD's: one that the experiment sets for SGD does not follow to Adam.
        own["optimizer"]["momentum"] = 0.0
    return Variant(
        optimizer=replace(config.optimizer, **own["optimizer"]),
        schedule=replace(config.schedule, **own["schedule"]),
        training=budget,
    )


def right(pairs: Sequence[tuple[Unit, Result]]) -> NDArray[np.float64]:
    """Return whether each validation example was right, shape (seeds, examples)."""
    rows = [
        torch.zeros_like(result.tensors[f"correct.{gap.VAL}"])
        if result.figures["diverged"]
        else result.tensors[f"correct.{gap.VAL}"]
        for _, result in pairs
    ]
    return torch.stack(rows).double().numpy()

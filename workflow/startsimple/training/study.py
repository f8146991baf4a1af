"""The rounds of a study: coarse, widened, fine, Bayesian; each follows from the trials before it.

No round depends on the order in which trials finish or on how many processes ran them, so that a
study can be killed, resumed and spread over machines without changing its result.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from startsimple.schema.searches import RangeConfig, SearchConfig
from startsimple.schema.seeds import derive
from startsimple.training.bayesian import Bayesian
from startsimple.training.declare import bayesian_rounds
from startsimple.training.search import (
    Point,
    at_boundary,
    choices_of,
    narrow,
    sample,
    widen,
)
from startsimple.training.units import Result, Unit

# T-05 looks at so many best trials, and widens by this share of the range.
TOP = 3
_SHARE = 0.5


@dataclass(frozen=True)
class Trial:
    """One finished trial.

    Attributes:
        point: Where it was.
        round: Name of its round.
        steps: Its budget in optimiser steps.
        score: Validation score at its end, higher is better; 0 if it diverged.
        feasible: False if it diverged or learnt nothing (T-06).
        unit: The run behind it.
        result: What the run left behind.
    """

    point: Point
    round: str
    steps: int
    score: float
    feasible: bool = True
    unit: Unit | None = None
    result: Result | None = None

    @property
    def diverged(self) -> bool:
        """True if the loss became non-finite."""
        return self.result is not None and bool(self.result.figures["diverged"])

    def plain(self) -> dict[str, Any]:
        """Return the trial as it is written in the verdict."""
        told = {"round": self.round, "score": self.score, "diverged": self.diverged}
        return {**self.point.plain(), **told, "feasible": self.feasible}


# Runs a round's points for so many steps each; the trials come in the order of the points.
Evaluate = Callable[[str, Sequence[Point], int], Sequence[Trial]]


@dataclass
class Study:
    """What a search did.

    Attributes:
        space: The ranges as they were searched in the end, widened where that was needed.
        trials: All trials that had the full budget of a trial, in order.
        rungs: Trials of successive halving that were cut short.
        widened: Names of the ranges that were widened.
    """

    space: dict[str, RangeConfig]
    trials: list[Trial] = field(default_factory=list[Trial])
    rungs: list[Trial] = field(default_factory=list[Trial])
    widened: list[str] = field(default_factory=list[str])

    def ranked(self) -> list[Trial]:
        """Return the trials, the best first; of equals, the earlier one."""
        return sorted(self.trials, key=lambda trial: -trial.score)


def explore(
    search: SearchConfig, seed: int, evaluate: Evaluate, fraction: float, journal: Path
) -> Study:
    """Run a study.

    Args:
        search: The study.
        seed: Root seed of its sequences and samplers.
        evaluate: Runs trials.
        fraction: T-05, nearness to a bound, as a share of the range.
        journal: File in which the Bayesian round keeps its trials.

    Returns:
        What was found.
    """
    study = Study(dict(search.space))
    _coarse(study, search, seed, evaluate)
    for number in range(search.widenings):
        if not _widen(study, search, derive(seed, "widened", number), evaluate, fraction):
            break
    kept = [trial.point for trial in study.ranked()[: search.keep]]
    space, choices = narrow(study.space, choices_of(search), kept)
    points = sample(space, choices, search.fine_trials, seed + 1, search.sequence)
    if points:
        study.trials += evaluate("fine", points, search.trial_steps)
    if search.bayesian_trials:
        proposer = Bayesian(journal, space, choices, search.sampler, derive(seed, "bayesian"))
        proposer.learn([(trial.point, trial.score, trial.feasible) for trial in study.trials])
        _bayesian(study, search, proposer, evaluate)
    return study


def _coarse(study: Study, search: SearchConfig, seed: int, evaluate: Evaluate) -> None:
    """Cover the declared space; with halving, only the best points get the whole budget."""
    choices, steps = choices_of(search), search.trial_steps
    points = sample(search.space, choices, search.coarse_trials, seed, search.sequence)
    if search.halving > 1:
        study.rungs += evaluate("rung", points, max(1, steps // search.halving))
        best = sorted(study.rungs, key=lambda trial: -trial.score)
        points = [trial.point for trial in best[: _whole(search)]]
    study.trials += evaluate("coarse", points, steps)


def _whole(search: SearchConfig) -> int:
    """Return how many coarse points get the whole budget."""
    return math.ceil(search.coarse_trials / search.halving)


def _widen(
    study: Study, search: SearchConfig, seed: int, evaluate: Evaluate, fraction: float
) -> bool:
    """Search beyond the bounds that are among the best, as densely as within; False if none is.

    As densely as by the points that had the whole budget within, since these here have it, too.
    """
    best = [trial.point for trial in study.ranked()[:TOP] if trial.feasible]
    near = at_boundary(study.space, best, fraction)
    study.space, parts = widen(study.space, near, _SHARE)
    count = math.ceil(_whole(search) * _SHARE)
    points = [
        point
        for index, part in enumerate(parts)
        for point in sample(part, choices_of(search), count, derive(seed, index), search.sequence)
    ]
    if points:
        study.trials += evaluate("widened", points, search.trial_steps)
        study.widened = sorted({*study.widened, *near})
    return bool(points)


def _bayesian(study: Study, search: SearchConfig, proposer: Bayesian, evaluate: Evaluate) -> None:
    """Exploit: batches of a fixed size, so that the machine decides nothing."""
    for name, count in bayesian_rounds(search).items():
        trials = evaluate(name, proposer.ask(count), search.trial_steps)
        proposer.tell([(trial.score, trial.feasible) for trial in trials])
        study.trials += trials

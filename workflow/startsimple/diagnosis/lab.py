"""Run the program again, briefly, with parts of it swapped; every run is made once and shared."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from startsimple.diagnosis.in_context import entered
from startsimple.diagnosis.mending import Mode
from startsimple.diagnosis.rig import Rig
from startsimple.diagnosis.setup import SEED, Run, Setup
from startsimple.diagnosis.surgery import OutputActivation, Surgery
from startsimple.diagnosis.targets import class_counts, prior
from startsimple.program.clock import worked
from startsimple.program.program import Program
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch

STEP_CAP = 800
FRESH_SHARE = 0.6
STATISTICS_BATCHES = 40
# The share of another network's score that a program's own one has to reach at least.
ANOTHER = 0.7


class Lab:
    """Trains copies of one program under different setups.

    Attributes:
        program: The program, never trained itself.
        train: Batches to train on, in the program's order.
        held: Batches to score on.
        output: The model's last activation, if it has one.
        head: Name of the layer that makes the outputs, "" if unknown.
        passes: Backward passes before each step.
        averaged: Whether their losses are averaged by us; else the program scales them itself.
        penalised: Whether the program's own loss holds a penalty on the weights.
        modes: Makers of contexts in which the program's own code runs.
        runs: Every run made, by (setup, steps).
    """

    def __init__(
        self,
        program: Program,
        train: Sequence[Batch],
        held: Sequence[Batch],
        *,
        steps: int,
        output: OutputActivation | None = None,
        probabilities: bool = False,
        seconds_per_run: float = 6.0,
        modes: Sequence[Mode] = (),
    ) -> None:
        """Prepare.

        Args:
            program: The program at its initial weights.
            train: Batches to train on.
            held: Batches to score on; empty to score on the training batches.
            steps: Steps of a run of ordinary length.
            output: The model's last activation.
            probabilities: Whether the program's own outputs are probabilities.
            seconds_per_run: After this time a run stops early.
            modes: Makers of contexts in which the program's own code runs.
        """
        self.program, self.train, self.held = program, list(train), list(held)
        self.steps, self.output, self.probabilities = min(steps, STEP_CAP), output, probabilities
        self.seconds_per_run = seconds_per_run
        self.deadline = float("inf")
        self.head, self.penalised = "", False
        self.passes, self.averaged = 1, True
        self.link: Callable[[Tensor], Tensor] | None = None
        self.modes = tuple(modes)
        self.runs: dict[Setup, Run] = {}
        self.stats = _statistics(self._entering())
        self.goal = _statistics([target.float() for target in self.targets])
        if self.goal[0] is not None:  # Columns that hardly vary must not dominate the others.
            mean, std = self.goal
            self.goal = (mean, std.clamp(min=0.1 * float(std.pow(2).mean().sqrt())))

    def _entering(self) -> list[Tensor]:
        """Return what enters the model for some training batches, after the step's own changes."""
        twin = self.program.fork()
        entering = list[Tensor]()
        for batch in self.train[:: max(1, len(self.train) // STATISTICS_BATCHES)]:
            try:
                with torch.no_grad(), seeded(SEED), entered(self.modes):
                    seen = twin.step(batch).inputs
            except RuntimeError:
                if not self.modes:
                    raise
                seen = None  # A context may need a setup that is not in place yet.
            entering.append(self.program.inputs_of(batch) if seen is None else seen)
        return entering

    def idle_surgery(self) -> Surgery:
        """Return a surgery that changes nothing."""
        return Surgery(self.output)

    def run(self, setup: Setup) -> Run:
        """Train a copy under a setup, or return the run if it was made before."""
        if setup not in self.runs:
            start = worked()
            try:
                self.runs[setup] = self.trained(setup)[1]
            except Exception as error:
                taken = worked() - start
                note = f"{type(error).__name__}: {error}"
                self.runs[setup] = Run(setup, -1.0, -1.0, (), 0, taken, note)
        return self.runs[setup]

    def best(self, *setups: Setup) -> Run:
        """Return the best-scoring run among several setups."""
        return max((self.run(setup) for setup in setups), key=lambda run: run.score)

    def attainable(self, ceiling: float) -> float:
        """Return the score that a fix of the program can be held to.

        Another network may do better still, which no change of a loss or of a rate can reach.

        Args:
            ceiling: Best score that any setup reached, that of another network included.
        """
        known = [
            run.score
            for run in self.runs.values()
            if not (run.setup.default or run.setup.fresh or run.setup.synthetic)
            and not math.isnan(run.score)
        ]
        return max([ANOTHER * ceiling, *known])

    def trained(self, setup: Setup) -> tuple[Rig, Run]:
        """Train a copy under a setup; return the copy as it stands then, and how it went."""
        with seeded(SEED):
            return self._train(setup)

    def mended(
        self,
        program: Program | None = None,
        *,
        train: Sequence[Batch] | None = None,
        held: Sequence[Batch] | None = None,
        modes: Sequence[Mode] = (),
        steps: int | None = None,
    ) -> "Lab":
        """Return a lab like this one for a program, or data, that a fix was applied to.

        Args:
            program: The mended program; None for the same.
            train: The mended batches to train on; None for the same.
            held: The mended batches to score on; None for the same.
            modes: Further contexts in which the program's own code runs.
            steps: Steps of a run, also beyond the usual limit; None for the same.

        Returns:
            A lab without runs.
        """
        twin = Lab(
            self.program if program is None else program,
            self.train if train is None else train,
            self.held if held is None else held,
            steps=self.steps,
            output=self.output,
            probabilities=self.probabilities,
            seconds_per_run=self.seconds_per_run,
            modes=(*self.modes, *modes),
        )
        twin.deadline, twin.head, twin.penalised = self.deadline, self.head, self.penalised
        twin.passes, twin.averaged, twin.link = self.passes, self.averaged, self.link
        twin.steps = self.steps if steps is None else steps
        return twin

    def _train(self, setup: Setup) -> tuple[Rig, Run]:
        start, rig = worked(), Rig(self, setup)
        limit = self._limit(setup)
        until = worked() + self.seconds_per_run * max(1.0, setup.longer / 2)
        losses = list[float]()
        passes = self.passes if setup.rows is None else 1
        batches, scored = self._batches(setup), self.held
        if setup.fresh:
            batches, scored = self.fresh_rows()
        for step in range(limit):
            group = [batches[(step * passes + k) % len(batches)] for k in range(passes)]
            losses.append(rig.train_step(group))
            late = worked() > until or worked() > self.deadline
            if late or not np.isfinite(losses[-1]):
                break
        train = rig.score(self.train)
        held = rig.score(scored) if scored else train
        taken = worked() - start
        return rig, Run(setup, train, held, tuple(losses), len(losses), taken)

    @cached_property
    def targets(self) -> list[Tensor]:
        """The training targets, batch by batch, as the loss compares them."""
        if self.program.derived:
            twin = self.program.fork()
            with torch.no_grad(), seeded(SEED):
                found = [twin.step(batch).target for batch in self.train]
        else:
            found = [self.program.targets_of(batch) for batch in self.train]
        return [target for target in found if target is not None]

    @cached_property
    def prior(self) -> Tensor:
        """The constant outputs that fit the training targets best."""
        return prior(self.targets, self.program.task)

    @cached_property
    def class_weights(self) -> Tensor:
        """Weights, (classes,), under which all classes count the same."""
        counts = class_counts(self.targets, self.program.task)
        return counts.sum() / (len(counts) * counts)

    def fresh_rows(self) -> tuple[list[Batch], list[Batch]]:
        """Return held-out batches to train on, no more rows than train has, and the other ones."""
        size = max(len(self.program.inputs_of(b)) for b in self.train)
        count = sum(len(self.program.inputs_of(b)) for b in self.train)
        mixed = self.program.regroup(self.held, rows=min(size, 32), seed=SEED)
        cut = max(1, int(FRESH_SHARE * len(mixed)))
        return mixed[: min(cut, max(1, count // min(size, 32)))], mixed[cut:]

    def _limit(self, setup: Setup) -> int:
        """Return the steps of a run: smaller batches take more of them to see as many rows."""
        more = 1.0
        if setup.rows is not None:
            own = sum(len(self.program.inputs_of(b)) for b in self.train) / len(self.train)
            more = max(1.0, own / setup.rows)
        return int(min(self.steps * more, max(self.steps, STEP_CAP)) * setup.longer)

    def _batches(self, setup: Setup) -> list[Batch]:
        if not setup.shuffle and setup.rows is None:
            return self.train
        return self.program.regroup(self.train, rows=setup.rows, seed=SEED)


def _statistics(values: Sequence[Tensor]) -> tuple[Any, Any]:
    """Return mean and standard deviation per feature; (None, 1) if the inputs are no numbers."""
    same = [v for v in values if v.ndim and v.shape[1:] == values[0].shape[1:]]
    if not same or not same[0].is_floating_point():
        return None, 1.0
    stacked = torch.cat(same[:400]).float()
    std, mean = torch.std_mean(stacked, dim=0, correction=0)
    return mean, torch.where(std > 1e-12 * (1 + mean.abs()), std, torch.ones_like(std))

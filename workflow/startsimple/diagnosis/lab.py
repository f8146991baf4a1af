"""Run the program again, briefly, with parts of it swapped; every run is made once and shared."""

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from startsimple.diagnosis.default_network import default_network, outputs_needed
from startsimple.diagnosis.objective import ROWS_SCORED, known_good_loss, skill
from startsimple.diagnosis.setup import Run, Setup
from startsimple.diagnosis.surgery import OutputActivation, Surgery, reinitialise
from startsimple.program.clock import worked
from startsimple.program.program import Program
from startsimple.program.subject import Batch

STEP_CAP = 800
STATISTICS_BATCHES = 40
FAR_OUT = 10.0
SEED = 0


class Lab:
    """Trains copies of one program under different setups.

    Attributes:
        program: The program, never trained itself.
        train: Batches to train on, in the program's order.
        held: Batches to score on.
        output: The model's last activation, if it has one.
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
        """
        self.program, self.train, self.held = program, list(train), list(held)
        self.steps, self.output, self.probabilities = min(steps, STEP_CAP), output, probabilities
        self.seconds_per_run = seconds_per_run
        self.deadline = float("inf")
        self.link: Callable[[Tensor], Tensor] | None = None
        self.runs: dict[Setup, Run] = {}
        self.stats = _statistics(self._entering())
        targets = [t.float() for b in self.train if (t := program.targets_of(b)) is not None]
        self.goal = _statistics(targets)
        if self.goal[0] is not None:  # Columns that hardly vary must not dominate the others.
            mean, std = self.goal
            self.goal = (mean, std.clamp(min=0.1 * float(std.pow(2).mean().sqrt())))

    def _entering(self) -> list[Tensor]:
        """Return what enters the model for some training batches, after the step's own changes."""
        twin = self.program.fork()
        entering = list[Tensor]()
        for batch in self.train[:: max(1, len(self.train) // STATISTICS_BATCHES)]:
            with torch.no_grad(), frozen_random_state():
                seen = twin.step(batch).inputs
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
                with frozen_random_state():
                    self.runs[setup] = self._train(setup, start)
            except Exception as error:
                taken = worked() - start
                note = f"{type(error).__name__}: {error}"
                self.runs[setup] = Run(setup, -1.0, -1.0, (), 0, taken, note)
        return self.runs[setup]

    def best(self, *setups: Setup) -> Run:
        """Return the best-scoring run among several setups."""
        return max((self.run(setup) for setup in setups), key=lambda run: run.score)

    def _train(self, setup: Setup, start: float) -> Run:
        rig = Rig(self, setup)
        limit = self._limit(setup)
        until = worked() + self.seconds_per_run * max(1.0, setup.longer / 2)
        losses = list[float]()
        batches = self._batches(setup)
        for step in range(limit):
            losses.append(rig.train_step(batches[step % len(batches)]))
            late = worked() > until or worked() > self.deadline
            if late or not np.isfinite(losses[-1]):
                break
        train = rig.score(self.train)
        held = rig.score(self.held) if self.held else train
        taken = worked() - start
        return Run(setup, train, held, tuple(losses), len(losses), taken)

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


class Rig:
    """One copy of the program with its setup in place."""

    def __init__(self, lab: Lab, setup: Setup) -> None:
        self.lab, self.setup = lab, setup
        self.program = lab.program.fork()
        task, first = self.program.task, lab.train[0]
        target = self.program.targets_of(first)
        if setup.default and target is not None:
            inputs = self.program.inputs_of(first)
            self.model: nn.Module = default_network(inputs, outputs_needed(task, target))
        else:
            self.model = self.program.model
        if setup.float32:
            self.model.float()
        if setup.init and not setup.default:
            reinitialise(self.model)
        self.surgery = Surgery(
            lab.output, bare=setup.bare, rectify=setup.hidden, undrop=setup.unregularised
        )
        if setup.inputs:
            self._standardise_inputs()
        self.optimizers = self._optimizers()

    def _standardise_inputs(self) -> None:
        mean, std = self.lab.stats
        if mean is None:
            return

        def standardise(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
            if not args or not isinstance(args[0], Tensor) or args[0].shape[1:] != mean.shape:
                return None
            return (((args[0].float() - mean) / std).clamp(-FAR_OUT, FAR_OUT), *args[1:])

        for module in [self.model] if self.setup.default else self.program.entries():
            module.register_forward_pre_hook(standardise)

    def _optimizers(self) -> list[optim.Optimizer]:
        setup = self.setup
        if setup.adam is not None or setup.default:
            if not self.model.training or setup.all_parameters:
                self.model.requires_grad_(True)
            live = [p for p in self.model.parameters() if p.requires_grad]
            return [optim.Adam(live, lr=setup.adam or 1e-3)]
        if setup.all_parameters:
            self.model.requires_grad_(True)
        own = self.program.optimizers()
        for group in (g for o in own for g in o.param_groups):
            group["lr"] = group["lr"] * setup.rate
            if setup.unregularised and "weight_decay" in group:
                group["weight_decay"] = 0.0
        if setup.all_parameters and own:
            held = {id(p) for o in own for g in o.param_groups for p in g["params"]}
            rest = [p for p in self.model.parameters() if id(p) not in held]
            if rest:
                own[0].add_param_group({"params": rest})
        return own

    def train_step(self, batch: Batch) -> float:
        """Make one step as a careful loop would; return the loss."""
        self.model.train()
        if self.optimizers and isinstance(self.optimizers[0], optim.LBFGS):
            return self._closure_step(batch)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss = self._loss(batch)
        loss.backward()
        clip = self.program.clip
        if clip is not None and not self.setup.unclipped:
            nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        for optimizer in self.optimizers:
            optimizer.step()
        return float(loss.detach())

    def _closure_step(self, batch: Batch) -> float:
        optimizer = self.optimizers[0]

        def closure() -> float:
            optimizer.zero_grad()
            loss = self._loss(batch)
            loss.backward()
            return float(loss.detach())

        return float(optimizer.step(closure))

    def _loss(self, batch: Batch) -> Tensor:
        setup, program = self.setup, self.program
        own_loss = not (setup.loss or setup.default or setup.targets or setup.balanced)
        if own_loss:
            with self._operating():
                loss = program.step(batch).loss
            loss = -loss if setup.negate else loss
            return loss / len(program.inputs_of(batch)) if setup.mean else loss
        output, target = self._pair(batch)
        if target is None:
            raise ValueError("the program's targets are not known")
        if setup.targets and program.task.kind == "regression":
            target = (target.float() - self.lab.goal[0]) / self.lab.goal[1]
        return known_good_loss(output, target, program.task)

    @contextmanager
    def _operating(self) -> Any:
        self.surgery.restart()
        with ExitStack() as stack:
            if self.setup.bare or self.surgery.rectify or self.surgery.undrop:
                stack.enter_context(self.surgery)
            yield

    def _pair(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        with self._operating():
            if self.setup.default:
                return self.model(self.program.inputs_of(batch)), self.program.targets_of(batch)
            output, target = self.program.pair(batch)
        if output is not None and self.lab.link is not None and not self.setup.loss:
            output = self.lab.link(output)
        if output is None:
            raise ValueError("the model returned no tensor")
        return output, target

    def score(self, batches: Sequence[Batch], *, training: bool = False) -> float:
        """Score the trained copy on batches, in evaluation mode unless `training`."""
        self.model.train(training)
        outputs, targets, rows = list[Tensor](), list[Tensor](), 0
        with torch.no_grad():
            for batch in batches:
                output, target = self._pair(batch)
                if target is None:
                    continue
                outputs.append(output)
                targets.append(target)
                rows += len(output)
                if rows >= ROWS_SCORED:
                    break
        if not targets:
            return -1.0
        goal = torch.cat(targets)
        if self.setup.targets and self.program.task.kind == "regression":
            goal = (goal.float() - self.lab.goal[0]) / self.lab.goal[1]
        raw = self.setup.default or self.setup.bare
        squashed = self.lab.probabilities and not raw
        return skill(torch.cat(outputs), goal, self.program.task, probabilities=squashed)


def _statistics(values: Sequence[Tensor]) -> tuple[Any, Any]:
    """Return mean and standard deviation per feature; (None, 1) if the inputs are no numbers."""
    same = [v for v in values if v.ndim and v.shape[1:] == values[0].shape[1:]]
    if not same or not same[0].is_floating_point():
        return None, 1.0
    stacked = torch.cat(same[:400]).float()
    std, mean = torch.std_mean(stacked, dim=0, correction=0)
    return mean, torch.where(std > 1e-12 * (1 + mean.abs()), std, torch.ones_like(std))


@contextmanager
def frozen_random_state() -> Any:
    """Seed every generator for the block and give their former states back after it."""
    held = (torch.get_rng_state(), np.random.get_state(), random.getstate())
    torch.manual_seed(SEED)
    np.random.seed(SEED)
    random.seed(SEED)
    try:
        yield
    finally:
        torch.set_rng_state(held[0])
        np.random.set_state(held[1])
        random.setstate(held[2])

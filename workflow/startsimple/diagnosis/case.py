"""One program under diagnosis: its trace, its observed score, its lab and its data as tables."""

import math
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from startsimple.diagnosis.lab import Lab
from startsimple.diagnosis.objective import predicted_and_true, together
from startsimple.diagnosis.rig import Rig
from startsimple.diagnosis.setup import SEED, Run, Setup
from startsimple.diagnosis.tables import ROWS, Table, table
from startsimple.program.program import Program
from startsimple.program.seeded import seeded
from startsimple.program.spy import STEPS
from startsimple.program.subject import Step, Task
from startsimple.program.trace import Trace

FEW_ROWS = 8


@dataclass
class Case:
    """Everything that detectors and interventions look at.

    Attributes:
        program: The program at its first weights.
        trace: What was seen while it trained.
        lab: Where copies of it are trained.
        notes: What could not be done, as sentences.
    """

    program: Program
    trace: Trace
    lab: Lab
    notes: list[str] = field(default_factory=list)
    outcome: Any = None

    @property
    def automatic(self) -> bool:
        """Whether a trainer steps the optimisers, not the program itself."""
        module = getattr(self.program, "module", None)
        return bool(getattr(module, "automatic_optimization", module is not None))

    @property
    def harmed(self) -> bool:
        """Whether the experiment showed that the program falls materially short."""
        return bool(self.outcome is not None and self.outcome.harmed)

    @property
    def foreign(self) -> bool:
        """Whether the optimiser held parameters that belong to no model that ran."""
        plans = getattr(self.program, "plans", [])
        if plans:
            return any(plan.foreign for plan in plans)
        twin = self.program.fork()
        own = {id(p) for p in twin.model.parameters()}
        groups = [g for o in twin.optimizers() for g in o.param_groups]
        return any(id(p) not in own for g in groups for p in g["params"])

    @cached_property
    def first(self) -> Step:
        """What the program's own step does to its first batch, at the first weights."""
        with seeded(SEED):
            twin = self.program.fork()
            twin.model.train()
            return twin.step(self.lab.train[0])

    @cached_property
    def trained(self) -> Program | None:
        """The program as its own training left it."""
        return self.trace.facts.get("trained")

    @cached_property
    def observed(self) -> Run:
        """The program's own training run, scored like every other run."""
        losses = tuple(self.trace.losses)
        if self.trained is None:
            return Run(Setup(), -1.0, -1.0, losses, len(self.trace.steps), 0.0, self.trace.error)
        train, held = self._scores()
        return Run(Setup(), train, held, losses, len(self.trace.steps), 0.0)

    def _scores(self) -> tuple[float, float]:
        assert self.trained is not None
        rig = self._rig(self.trained.fork())
        try:
            with seeded(SEED):
                train = rig.score(self.lab.train)
                return train, rig.score(self.lab.held) if self.lab.held else train
        except Exception as error:
            self.notes.append(f"the trained model could not be scored: {error}")
            return math.nan, math.nan

    @cached_property
    def diverged(self) -> bool:
        """Whether the observed loss became infinite, or grew far beyond its start."""
        losses = self.trace.losses
        if not losses:
            return False
        if not all(math.isfinite(loss) for loss in losses):
            return True
        last = float(np.median(losses[-max(5, len(losses) // 20) :]))
        return last > 4 * max(abs(losses[0]), 1e-12) and losses[0] > 0

    @property
    def loss_name(self) -> str:
        """Name of the loss of torch.nn.functional that the step ends with, or ""."""
        return self.first.calls[-1].name if self.first.calls else ""

    @property
    def _entangled(self) -> bool:
        return self.program.derived or self.program.several

    @cached_property
    def train_table(self) -> Table | None:
        """Training rows as arrays; None if one input does not decide one target."""
        if self._entangled:
            return None
        # One pass over the data: a row seen twice would answer for itself. Where next to no rows
        # differ, their number says nothing about a pass.
        rows = int(self.trace.facts.get("epoch_rows") or ROWS)
        rows = rows if rows >= FEW_ROWS else ROWS
        return table(self.program, self.lab.train, min(rows, ROWS))

    @cached_property
    def val_table(self) -> Table | None:
        """Validation rows as arrays; None without validation data."""
        if self._entangled:
            return None
        return table(self.program, list(self.program.batches("val")))

    def predictions(
        self, program: Program, batches: list[Any] | None = None
    ) -> tuple[Tensor, Tensor] | None:
        """Return predicted and true classes of a trained program, held-out rows unless others."""
        batches = batches or self.lab.held or self.lab.train
        twin = program.fork()
        twin.model.eval()
        outputs, targets = list[Tensor](), list[Tensor]()
        with torch.no_grad(), seeded(SEED):
            for batch in batches[:200]:
                output, target = twin.pair(batch)
                if output is not None and target is not None:
                    outputs.append(output)
                    targets.append(target)
        if not outputs:
            return None
        task = self.program.task
        joined = together(outputs, targets, task)
        return predicted_and_true(*joined, task, probabilities=self.lab.probabilities)

    def accuracy(self, program: Program) -> float | None:
        """Return the accuracy of a trained program on the held-out rows."""
        pair = self.predictions(program)
        return None if pair is None else float((pair[0] == pair[1]).float().mean())

    def recall(self, program: Program) -> float | None:
        """Return the mean recall over classes of a trained program on the held-out rows."""
        pair = self.predictions(program)
        if pair is None:
            return None
        guess, truth = pair
        return float(
            np.mean([float((guess[truth == k] == k).float().mean()) for k in truth.unique()])
        )

    def score_on(self, batches: list[Any], task: Task | None = None) -> float:
        """Return the trained program's score on other batches, or by another task's measure.

        Args:
            batches: What to score on; empty for the training batches.
            task: What counts as predicted; None for the program's own task.

        Returns:
            The score; -1 if there is no trained program.
        """
        if self.trained is None:
            return -1.0
        twin = self.trained.fork()
        twin.task = twin.task if task is None else task
        with seeded(SEED):
            return self._rig(twin).score(batches or self.lab.train)

    def mode_scores(self) -> tuple[float, float] | None:
        """Return the trained program's score on training rows in training and evaluation mode."""
        if self.trained is None or (self.observed.train <= -1 + 1e-9 and self.diverged):
            return None
        rig = self._rig(self.trained.fork())
        with seeded(SEED):
            return rig.score(self.lab.train, training=True), rig.score(self.lab.train)

    def recalibrated_score(self) -> float:
        """Return the trained program's score after its running statistics are taken afresh."""
        assert self.trained is not None
        twin = self.trained.fork()
        for module in twin.model.modules():
            if isinstance(module, nn.modules.batchnorm._NormBase):  # pyright: ignore
                module.reset_running_stats()
                module.momentum = None
        rig = self._rig(twin)
        with seeded(SEED):
            rig.score(self.lab.train, training=True)
            return rig.score(self.lab.train)

    def constant_weights(self) -> bool:
        """Whether a weight matrix starts with all units equal."""
        weights = [w.detach() for w in self.program.model.parameters() if w.ndim > 1 and len(w) > 1]
        return any(bool((w.flatten(1) == w.flatten(1)[0]).all()) for w in weights)

    def gradients(self) -> dict[str, Tensor | None]:
        """Return the first batch's gradient by parameter name, at the first weights."""
        twin = self.program.fork()
        twin.model.train()
        with seeded(SEED):
            loss = twin.step(self.lab.train[0]).loss
            if loss.requires_grad:
                loss.backward()
        return {name: p.grad for name, p in twin.model.named_parameters() if p.requires_grad}

    def moved(self) -> set[str]:
        """Return the names of the parameters that the program's own training changed."""
        if self.trained is None:
            return set()
        after = dict(self.trained.model.named_parameters())
        return {
            name
            for name, before in self.program.model.named_parameters()
            if name in after and not torch.equal(before, after[name])
        }

    def optimised(self) -> set[str]:
        """Return the names of the parameters that an optimiser holds."""
        twin = self.program.fork()
        held = {id(p) for o in twin.optimizers() for g in o.param_groups for p in g["params"]}
        return {name for name, p in twin.model.named_parameters() if id(p) in held}

    def call_order(self) -> list[str]:
        """Return the names of the modules that run in a training step, call by call."""
        twin, called = self.program.fork(), list[str]()
        handles = [
            module.register_forward_pre_hook(partial(_note, called, name))
            for name, module in twin.model.named_modules()
            if name
        ]
        with seeded(SEED):
            twin.step(self.lab.train[0])
        for handle in handles:
            handle.remove()
        return called

    def steps_inside(self) -> bool:
        """Whether forward calls a function whose gradient is zero wherever it has one."""
        ops = self.trace.forward.ops if self.trace.forward else []
        return any(op.name in STEPS for op in ops)

    def custom_backward(self) -> str:
        """Return the name of a hand-written autograd function in the graph, or ""."""
        return str(self.trace.facts.get("custom_backward", ""))

    def _rig(self, program: Program) -> Rig:
        rig = Rig.__new__(Rig)
        rig.lab, rig.setup, rig.program = self.lab, Setup(), program
        rig.model, rig.surgery, rig.optimizers = program.model, self.lab.idle_surgery(), []
        return rig


def _note(called: list[str], name: str, module: nn.Module, inputs: Any) -> None:
    """Add a module's name to those that were called; a forward pre-hook."""
    called.append(name)

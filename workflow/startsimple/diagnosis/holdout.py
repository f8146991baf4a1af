"""The program's network on training rows that it was not shown, beside the validation rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.errors import Errors, class_errors, label_errors, value_errors
from startsimple.diagnosis.lab import STEP_CAP
from startsimple.diagnosis.objective import predicted_and_true
from startsimple.diagnosis.rig import Rig
from startsimple.diagnosis.setup import SEED, Setup
from startsimple.program.clock import worked
from startsimple.program.rows import hash_row
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch

FIT_SHARE = 0.75
ROWS = 4000
FEWEST = 40
# Rows that occur in both parts would answer for themselves.
REPEATED = 0.05
MOST_LONGER = 4.0


@dataclass(frozen=True)
class Holdout:
    """One network's errors on rows of both splits, none of which it was trained on.

    Attributes:
        inside: On held-out training rows.
        outside: On validation rows.
    """

    inside: Errors
    outside: Errors

    @property
    def gap(self) -> float:
        """By how much training rows are answered worse, in shares of the constant's errors."""
        return self.inside.share - self.outside.share

    @property
    def z(self) -> float:
        """The gap over its standard error, every class counting the same in both splits."""
        parts = [(e.rows / e.constant, e.kinds) for e in (self.inside, self.outside)]
        differences, variances = list[float](), list[float]()
        for kind in np.intersect1d(parts[0][1], parts[1][1]):
            a, b = (rows[kinds == kind] for rows, kinds in parts)
            if min(len(a), len(b)) > 1:
                differences.append(a.mean() - b.mean())
                variances.append(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        return float(np.sum(differences) / max(np.sum(variances) ** 0.5, 1e-12))


class Learner(Rig):
    """A copy of the program that is trained on some batches and asked about others."""

    def learn(self, batches: Sequence[Batch], deadline: float) -> None:
        """Train for as many steps as the program makes, or until the time is up."""
        until = min(worked() + self.lab.seconds_per_run, deadline)
        with seeded(SEED):
            for step in range(self.lab.steps):
                loss = self.train_step([batches[step % len(batches)]])
                if not np.isfinite(loss) or worked() > until:
                    break

    def errors(self, batches: Sequence[Batch]) -> Errors | None:
        """Return the errors on batches; None where outputs and targets have no common shape."""
        self.model.eval()
        outputs, targets = list[Tensor](), list[Tensor]()
        with torch.no_grad(), seeded(SEED):
            for batch in batches:
                output, target = self.pair(batch)
                if target is not None:
                    outputs.append(output)
                    targets.append(target)
        return self._compared(torch.cat(outputs), torch.cat(targets)) if targets else None

    def _compared(self, output: Tensor, target: Tensor) -> Errors | None:
        task = self.program.task
        squashed = self.lab.probabilities and not (self.setup.default or self.setup.bare)
        if task.kind in ("classification", "binary"):
            pair = predicted_and_true(output, target, task, probabilities=squashed)
            if pair is None:
                return None
            guess, truth = pair[0].numpy(), pair[1].numpy()
            kept = truth >= 0  # Losses pass over labels below zero.
            sure = _confidence(output, len(truth))[kept]
            return class_errors(guess[kept], truth[kept], sure)
        if output.numel() != target.numel():
            return None
        goal = target.reshape(len(target), -1).double().numpy()
        guess = output.reshape(goal.shape).double().numpy()
        if task.kind == "multilabel":
            return label_errors(guess > (0.5 if squashed else 0.0), goal > 0.5)
        if self.setup.targets:
            mean, std = (part.reshape(-1).numpy() for part in self.lab.goal)
            goal = (goal - mean) / std
        return value_errors(guess, goal)


def _confidence(output: Tensor, rows: int) -> np.ndarray:
    """Return by how much the first answer is preferred to the second, on any rising scale."""
    if output.numel() == rows:
        return (output.reshape(-1) - output.median()).abs().numpy()
    if output.ndim != 2 or len(output) != rows:
        return np.zeros(rows)
    best = output.topk(2, dim=1).values
    return (best[:, 0] - best[:, 1]).numpy()


def best_setup(case: Case) -> Setup:
    """Return the setup that scored best so far, on the program's own data and steps."""
    lab = case.lab
    runs = [lab.run(Setup()), *lab.runs.values()]
    usable = [r for r in runs if not (r.setup.fresh or r.setup.synthetic or r.error)]
    best = max(usable, key=lambda run: run.score, default=runs[0])
    return replace(best.setup, longer=1.0, rows=None)


def epoch_rows(case: Case) -> int:
    """Return how many different training rows there are."""
    return int(case.trace.facts.get("epoch_rows") or ROWS)


def one_pass(case: Case, batches: Sequence[Batch], rows: int) -> list[Batch]:
    """Return the first batches that hold so many rows: a script's loop shows rows repeatedly."""
    taken, count = list[Batch](), 0
    for batch in batches:
        if count >= min(rows, ROWS):
            break
        taken.append(batch)
        count += len(case.program.inputs_of(batch))
    return taken


def parts(case: Case, batches: Sequence[Batch], rows: int) -> tuple[list[Batch], list[Batch]]:
    """Split one pass over batches at random into rows to learn from and rows to ask about."""
    taken = one_pass(case, batches, rows)
    lengths = [len(case.program.inputs_of(batch)) for batch in taken]
    size = max(1, min(lengths[0], sum(lengths) // 8))
    mixed = case.program.regroup(taken, rows=size, seed=SEED)
    cut = int(FIT_SHARE * len(mixed))
    return mixed[:cut], mixed[cut:]


def learner(case: Case, batches: Sequence[Batch], setup: Setup, *, longer: float = 1.0) -> Learner:
    """Train a copy of the program on some batches, under a setup, for its own number of steps."""
    steps = min(int(case.lab.steps * longer), STEP_CAP)
    copy = Learner(case.lab.mended(train=batches, held=[], steps=steps), setup)
    copy.learn(batches, case.lab.deadline)
    return copy


def holdout(case: Case) -> Holdout | None:
    """Train on three quarters of the training rows and ask about the rest and about validation.

    Args:
        case: The program under diagnosis.

    Returns:
        The errors of the best setup known; None where the rows are too few or occur twice.
    """
    if case.program.task.kind == "other" or not case.lab.held:
        return None
    fit, rest = parts(case, case.lab.train, epoch_rows(case))
    inputs = case.program.inputs_of
    known = {hash_row(row) for batch in fit for row in inputs(batch)}
    for split in (rest, case.lab.held):
        asked = [hash_row(row) for batch in split for row in inputs(batch)]
        if len(asked) < FEWEST or sum(row in known for row in asked) > REPEATED * len(asked):
            return None
    copy = learner(case, fit, best_setup(case))
    inside, outside = copy.errors(rest), copy.errors(case.lab.held)
    if inside is None or outside is None:
        return None
    return Holdout(inside, outside)


def mirrored(case: Case) -> Holdout | None:
    """Train on three quarters of the validation rows and ask about the rest and about training.

    Where labels of the training split are wrong, this tells more: those of the other are right.
    """
    fit, rest = parts(case, case.lab.held, ROWS)
    copy = learner(case, fit, best_setup(case))
    inside = copy.errors(one_pass(case, case.lab.train, epoch_rows(case)))
    outside = copy.errors(rest)
    return None if inside is None or outside is None else Holdout(inside, outside)


def with_more_rows(case: Case) -> tuple[Errors, Errors] | None:
    """Train the program on its own rows, and on three quarters of the validation rows as well.

    Returns:
        The errors of both on the other validation rows.
    """
    more, rest = parts(case, case.lab.held, ROWS)
    rows, size = epoch_rows(case), len(case.program.inputs_of(case.lab.train[0]))
    own = one_pass(case, case.lab.train, rows)
    joined = case.program.regroup([*own, *more], rows=size, seed=SEED)
    few = learner(case, case.lab.train, Setup()).errors(rest)
    # As many epochs as over the few rows, within reason.
    many = learner(case, joined, Setup(), longer=min(MOST_LONGER, len(joined) / len(own)))
    errors = many.errors(rest)
    return None if few is None or errors is None else (few, errors)

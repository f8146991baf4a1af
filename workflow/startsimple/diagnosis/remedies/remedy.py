"""A remedy: a fault's fix applied to a copy, and what the copy shows then.

What counts as fixed:

* The usual case: the copy with the fix reaches at least RESTORED of the best score that any setup
  reached, and the program as it was did not, or it gains nearly all that the program lacked of it.
* A defect that was seen, yet costs no score: it is gone in the copy, and the score is not worse,
  by the same measure. Where a mend is a change of the loop (`logical`), the copy's loop is known
  not to have the defect; elsewhere `gone` looks for it again.
* A fix that changes what is measured, as one of a metric or of the split: remedies of these judge
  by themselves, by whether the mended number agrees with an independent recomputation.

Where no setup learns anything, nothing can be restored, and a fix counts as not tried.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from startsimple.diagnosis.batches import apart
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.experiment import GAP, GOOD, GOOD_RATES, RESTORED
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.in_context import InContext
from startsimple.diagnosis.lab import Lab
from startsimple.diagnosis.mending import Mode
from startsimple.diagnosis.setup import SEED, Run, Setup
from startsimple.program.program import Program
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch

MOST_STEPS = 2400
CRASHED_STEPS = 400
CHANCE = 0.03
MOST_PAIRS = 4
# Of the descent of a loss, what a fix has to add.
FALLEN, LOSS_BATCHES = 0.2, 20


@dataclass(frozen=True)
class Attempt:
    """How a fix did on a copy.

    Attributes:
        fixed: Whether it did what it should; None if that could not be told.
        evidence: What was done and seen, as one sentence with numbers.
        mend: The change, where another one can be made beside it.
    """

    fixed: bool | None
    evidence: str
    mend: "Mend | None" = None


Remedy = Callable[[Case, Finding], Attempt | None]
"""Applies the fix of a finding to copies; None where it cannot be applied to this program."""


@dataclass(frozen=True)
class Mend:
    """A change of the program that a fix asks for.

    Attributes:
        what: The change, to follow "With".
        setups: What else is set in the copy; tried in turn until one restores.
        program: The changed program; None for the same.
        train: The changed training batches; None for the same.
        held: The changed held-out batches; None for the same.
        modes: Contexts in which the program's code runs.
        longer: Factor on the steps, as for more rows.
        logical: Whether the change takes a defect of logic away, whatever the score.
        afresh: Whether scores of other runs say nothing about this copy's, as its rows differ: the
            best score is found anew, by known-good setups.
        gone: Says whether the defect is gone from the mended copy, where that has to be looked at.
    """

    what: str
    setups: Sequence[Setup] = (Setup(),)
    program: Program | None = None
    train: Sequence[Batch] | None = None
    held: Sequence[Batch] | None = None
    modes: Sequence[Mode] = ()
    longer: float = 1.0
    logical: bool = False
    afresh: bool = False
    gone: Callable[[Case], bool] | None = None

    @property
    def own_data(self) -> bool:
        """Whether the change brings a program or rows of its own."""
        return any(part is not None for part in (self.program, self.train, self.held))

    def beside(self, other: "Mend") -> "Mend | None":
        """Return both changes as one; None if both bring a program or rows of their own."""
        if self.own_data and other.own_data:
            return None
        first, second = (other, self) if other.own_data else (self, other)
        pairs = [_joined(one, two) for one in first.setups for two in second.setups]
        return replace(
            first,
            what=f"{self.what} and {other.what}",
            setups=pairs[-MOST_PAIRS:],  # The strongest changes come last.
            modes=(*first.modes, *second.modes),
            longer=max(first.longer, second.longer),
            logical=False,
            gone=None,
        )


def _joined(one: Setup, other: Setup) -> Setup:
    """Return the setup that changes what either changes."""
    return replace(one, **{name: getattr(other, name) for name in other.changed()})


def attempt(case: Case, mend: Mend) -> Attempt:
    """Train copies with a change, and hold the best against the program and the best setup.

    Without held-out rows scores are those of the training rows, where the best setup may be the one
    that learns them by heart: then a fifth of them is held out, and decides.
    """
    done = replace(_attempt(case, mend, case.observed.score), mend=mend)
    moved = mend.train is not None or mend.held is not None
    split = None if done.fixed is not False or case.lab.held or moved else apart(case)
    if split is None:
        return done
    train, held = split
    what = f"{mend.what}, on rows held out,"
    same = mended_lab(case, Mend("nothing", train=train, held=held))
    mended = replace(mend, what=what, train=train, held=held, afresh=True)
    return replace(_attempt(case, mended, same.run(Setup()).score), mend=mend)


def _attempt(case: Case, mend: Mend, before: float) -> Attempt:
    lab = mended_lab(case, mend)
    if lab.program.task != case.program.task:
        before = case.score_on(case.lab.held, lab.program.task)
    goal = goal_of(case, lab, mend)
    runs = list[Run]()
    for setup in mend.setups:
        runs.append(lab.run(setup))
        if runs[-1].score >= RESTORED * goal:
            break
    if all(run.error for run in runs):
        return Attempt(None, f"{mend.what[0].upper()}{mend.what[1:]} cannot be run on a copy.")
    best = max(run.score for run in runs)
    if math.isnan(best) and mend.program is None and mend.train is mend.held is None:
        return _by_own_loss(case, lab, mend)
    program: Any = InContext(lab.program, mend.modes)
    changed = replace(case, program=program, lab=lab)
    gone = mend.gone is None or mend.gone(changed)
    return judged(mend, before, best, max(goal, best), gone=gone)


def _by_own_loss(case: Case, lab: Lab, mend: Mend) -> Attempt:
    """Hold a mended copy by the mended loss, where outputs and targets have no common shape.

    It has to fall below what the program's own training leaves, by a share of the whole descent.
    """
    if case.trained is None:
        return Attempt(None, f"With {mend.what} nothing can be scored.")
    rig, _ = lab.trained(mend.setups[0])
    batches = (lab.held or lab.train)[:LOSS_BATCHES]
    stages = (lab.program.fork(), case.trained.fork(), rig.program)
    first, before, after = (
        own_loss(cast(Program, InContext(stage, mend.modes)), batches) for stage in stages
    )
    before = before if math.isfinite(before) else first  # Weights that are no numbers.
    note = f"With {mend.what} it goes from {before:.3g} to {after:.3g} (at first {first:.3g})."
    descent = first - min(before, after)
    fixed = descent > 0 and before - after > FALLEN * descent
    return Attempt(bool(fixed), note)


def own_loss(program: Program, batches: Sequence[Batch]) -> float:
    """Return a program's own loss over batches, in evaluation mode."""
    program.model.eval()
    with seeded(SEED):
        losses = [float(program.step(batch).loss.detach()) for batch in batches]
    return sum(losses) / max(len(losses), 1)


def judged(mend: Mend, before: float, after: float, goal: float, *, gone: bool) -> Attempt:
    """Say whether scores before and after a change amount to a fix."""
    shown = "none" if math.isnan(before) else f"{before:.2f}"
    note = f"With {mend.what} the score goes from {shown} to {after:.2f} (best {goal:.2f})."
    if goal < GAP or math.isnan(goal):
        return Attempt(None, note)
    # Where scores alone tell, a difference that chance makes is no fix. A program that comes near
    # the best has to get nearly all that it still lacks.
    short = before < RESTORED * goal and after > before + CHANCE
    closed = after - before > max(2 * CHANCE, RESTORED * (goal - before))
    gained = math.isnan(before) or short or closed
    seen = mend.logical or mend.gone is not None
    fixed = gone and after >= RESTORED * goal and (gained or seen)
    return Attempt(fixed, note if gone else f"{note} The defect is still there.")


def revalidated(case: Case, mend: Mend) -> Attempt:
    """Score the trained program, which stays as it is, on a mend's held-out batches."""
    goal = goal_of(case, mended_lab(case, mend), mend)
    after = case.score_on(list(mend.held or ()))
    return judged(mend, case.observed.score, after, max(goal, after), gone=True)


def mended_lab(case: Case, mend: Mend) -> Lab:
    """Return a lab of the changed program whose runs are as long as the program's own one."""
    # A program that crashed says nothing about how long it would have trained.
    own = CRASHED_STEPS if case.trace.error else len(case.trace.steps)
    steps = int(max(case.lab.steps, min(own, MOST_STEPS)) * mend.longer)
    return case.lab.mended(
        mend.program, train=mend.train, held=mend.held, modes=mend.modes, steps=steps
    )


def goal_of(case: Case, lab: Lab, mend: Mend) -> float:
    """Return the best score known; on other rows or by another measure, of known-good setups."""
    same = lab.program.task == case.program.task
    if same and not mend.afresh:
        outcome = case.outcome
        best = case.lab.attainable(outcome.ceiling) if outcome is not None else math.nan
        known = [case.observed.score, best]
        return max((score for score in known if not math.isnan(score)), default=math.nan)
    return lab.best(*(replace(GOOD, adam=rate) for rate in GOOD_RATES)).score


def first_fixed(attempts: Iterable[Attempt]) -> Attempt | None:
    """Return the first attempt that succeeds, else the first that was judged, else the first.

    Args:
        attempts: In order; none is asked for after one that succeeds.
    """
    tried = list[Attempt]()
    for one in attempts:
        if one.fixed:
            return one
        tried.append(one)
    return next((one for one in tried if one.fixed is False), next(iter(tried), None))


def first_of(case: Case, mends: Iterable[Mend]) -> Attempt | None:
    """Make changes in turn until one succeeds; one that fails on a copy does not end the others."""

    def made() -> Iterator[Attempt]:
        for mend in mends:
            try:
                yield attempt(case, mend)
            except Exception as error:
                case.notes.append(f"with {mend.what} a copy fails: {error}")

    return first_fixed(made())

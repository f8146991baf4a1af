"""Looks at when training ended: while it still gained, or long after it had begun to lose."""

from collections.abc import Iterator

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.experiment import CATCHES_UP, GAP, LONGER, RELATIVE, own_end
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.holdout import learner
from startsimple.diagnosis.interventions.longer import applies as few_steps
from startsimple.diagnosis.setup import Setup

SHORTER = 0.25
SHORT = 0.87
MEMORISED = 0.2
SURE = 2.0
# What early stopping may leave undone: a gain, and a share of what is missing to a perfect score.
STOPPED = 0.05
LEFT = 0.6


def unfinished(case: Case) -> Iterator[Finding]:
    """O14: the program ends far below what it reaches by itself with more of the same steps."""
    outcome = case.outcome
    if outcome is None or case.program.task.kind == "other" or not own_end(case):
        return
    if few_steps(case) and outcome.harmed:  # The experiment has tried it.
        return
    lost = outcome.ceiling - outcome.observed
    if lost < GAP or outcome.observed > SHORT * outcome.ceiling or outcome.loop > CATCHES_UP:
        return
    later = case.lab.run(Setup(longer=LONGER)).score
    if later < RELATIVE * outcome.ceiling:
        return
    # A schedule, which is not replayed, may hold back the program's own run.
    now = min(outcome.observed, outcome.replayed)
    if later - now > max(GAP, CATCHES_UP * (outcome.ceiling - now)):
        steps = len(case.trace.steps)
        note = (
            f"After {steps} steps the score is {now:.2f}, after {LONGER * steps:.0f} "
            f"of the same ones {later:.2f} (best reached {outcome.ceiling:.2f})."
        )
        score = 0.7 if outcome.harmed else 0.85
        yield Finding("O14", score, [note], "end of training", remedy=Setup(longer=LONGER))


def overdone(case: Case) -> Iterator[Finding]:
    """O14: a quarter of the steps scores better on rows that are not trained on."""
    outcome, seen = case.outcome, case.observed
    if outcome is None or case.program.task.kind == "other" or not own_end(case):
        return
    if not case.lab.held or seen.train - max(seen.score, outcome.replayed) < MEMORISED:
        return
    early = case.lab.run(Setup(longer=SHORTER)).score
    if early - max(seen.score, outcome.replayed) > GAP and _surely_better(case):
        note = (
            f"After a quarter of the steps the held-out score is {early:.2f}, in the end "
            f"{seen.score:.2f}; training rows are learnt to {seen.train:.2f}."
        )
        yield Finding("O14", 0.8, [note], "end of training", remedy=Setup(longer=SHORTER))


def _surely_better(case: Case) -> bool:
    """Whether a quarter of the steps makes fewer errors, row by row, than chance would have it."""
    both = (learner(case, case.lab.train, Setup(), longer=part) for part in (1.0, SHORTER))
    late, early = (one.errors(case.lab.held) for one in both)
    if late is None or early is None:
        return False
    gain = late.rows - early.rows
    return bool(gain.mean() > SURE * gain.std(ddof=1) / len(gain) ** 0.5)


def stopped(case: Case) -> Iterator[Finding]:
    """O14: early stopping ended training while every epoch still gained."""
    outcome, epochs = case.outcome, case.trace.facts.get("stopped")
    if outcome is None or case.program.task.kind == "other" or not epochs:
        return
    later = case.lab.run(Setup(longer=LONGER)).score
    now = max(outcome.replayed, outcome.observed)
    if later - now > STOPPED and 1 - later < LEFT * (1 - now):
        note = (
            f"Early stopping ended training after {epochs} of {case.trace.facts['epochs']} epochs "
            f"with a score of {outcome.observed:.2f}; four times as long reaches {later:.2f}."
        )
        yield Finding("O14", 0.9, [note], "early stopping", remedy=Setup(longer=LONGER))


DETECTORS = [
    Detector("stopped", "early stopping waits for the gains to end", stopped),
    Detector("unfinished", "training ends when it no longer gains", unfinished),
    Detector("overdone", "training ends before it begins to lose", overdone),
]

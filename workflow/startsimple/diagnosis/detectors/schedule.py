"""Looks at the learning rate over training: gone long before the end, or raised too far."""

import itertools
from collections.abc import Iterator

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.experiment import GAP, RELATIVE
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.setup import Setup

STARVED = 1e-3
RAISED = 3.0


def starved(case: Case) -> Iterator[Finding]:
    """O10: the schedule takes the learning rate to nothing long before the end."""
    rates = [max(step.rates) for step in case.trace.steps if step.rates]
    if len(rates) < 20 or max(rates) <= 0:
        return
    dead = sum(rate < STARVED * max(rates) for rate in rates)
    if dead > 0.4 * len(rates):
        first = next(i for i, rate in enumerate(rates) if rate < STARVED * max(rates))
        note = (
            f"The learning rate falls from {max(rates):.3g} below a thousandth of it at "
            f"step {first} of {len(rates)}."
        )
        yield Finding(
            "O10",
            0.9 if case.harmed else 0.6,
            [note],
            "scheduler",
            definite=dead > 0.6 * len(rates),
            remedy=Setup(),
        )
    cycles = sum(b > 3 * a for a, b in itertools.pairwise(rates))
    if cycles > 5 and case.harmed:
        note = f"The learning rate jumps up {cycles} times: the schedule restarts within training."
        yield Finding("O10", 0.8, [note], "scheduler", definite=False, remedy=Setup())


def raised(case: Case) -> Iterator[Finding]:
    """O01: a schedule takes the rate to where the program fails; at the first one it learns."""
    rates = [max(step.rates) for step in case.trace.steps if step.rates]
    if not case.harmed or len(rates) < 20 or not 0 < RAISED * rates[0] < max(rates):
        return
    low, high = case.lab.run(Setup()), case.lab.run(Setup(rate=max(rates) / rates[0]))
    if low.score - high.score > GAP and low.score > RELATIVE * case.outcome.ceiling:
        note = f"The schedule raises the learning rate from {rates[0]:.3g} to {max(rates):.3g}."
        shown = f"At the first one it reaches {low.score:.2f}, at the highest {high.score:.2f}."
        yield Finding("O01", 0.95, [note, shown], "scheduler", remedy=Setup())


DETECTORS = [
    Detector("schedule", "the learning rate lives until the end", starved),
    Detector("raised", "the schedule's highest rate is one to learn at", raised),
]

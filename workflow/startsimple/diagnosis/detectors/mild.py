"""Looks at parts that are seen to be off where they cost the program little, yet surely."""

from collections.abc import Callable, Iterator
from functools import partial

from startsimple.diagnosis.building import penalty_line
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.interventions.activations import missing
from startsimple.diagnosis.setup import Setup

# Less than the shortfall that harm begins at, but more than two runs of one program differ by; and
# the share of the shortfall that one part must give back.
CLOSE = 0.06
MOST = 0.7


def mends(
    case: Case, *, fault: str, seen: Callable[[Case], str], remedy: Setup, note: str
) -> Iterator[Finding]:
    """Yield a fault if a part is there and the program does nearly as well as any without it.

    Where a program falls short by far, the experiment swaps these parts as it does all others.

    Args:
        case: The program under diagnosis.
        fault: What the part stands for.
        seen: Returns the place of the part, or "".
        remedy: The setup without it.
        note: What is seen, as a sentence.
    """
    outcome = case.outcome
    if outcome is None or outcome.harmed or not outcome.scored:
        return
    if outcome.ceiling - outcome.observed < CLOSE or not (place := seen(case)):
        return
    before, after = (case.lab.run(setup).score for setup in (Setup(), remedy))
    if after - before > max(CLOSE, MOST * (outcome.ceiling - before)):
        shown = f"Without that the score goes from {before:.2f} to {after:.2f}."
        yield Finding(fault, 0.9, [note, shown], place, remedy=remedy)


DETECTORS = [
    Detector(
        "stacked",
        "an activation parts the layers",
        partial(
            mends,
            fault="M01",
            seen=missing,
            remedy=Setup(hidden=True),
            note="Two affine layers follow each other directly, as one layer would do.",
        ),
    ),
    Detector(
        "penalty",
        "a penalty leaves room to learn",
        partial(
            mends,
            fault="M21",
            seen=lambda case: penalty_line(case.trace),
            remedy=Setup(unregularised=True),
            note="The loss holds a penalty on the weights.",
        ),
    ),
]

"""A detector: one look at a program that proves a fault, or notes a trait, without training."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding


@dataclass(frozen=True)
class Detector:
    """One measurement with its judgement.

    Attributes:
        name: Short name, unique.
        title: What is looked at, in a few words.
        run: Yields findings; nothing for a program without the fault.
    """

    name: str
    title: str
    run: Callable[[Case], Iterable[Finding]]

"""An intervention: one part of the program swapped for a known-good one, and what that proves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.setup import Setup


def always(case: Case) -> bool:
    """Apply to every program."""
    return True


@dataclass(frozen=True)
class Attribution:
    """Which fault a part carries in this program.

    Attributes:
        fault: Fault id.
        where: Place in the program, or "".
        note: A sentence of evidence beyond the scores, or "".
        weight: Factor on the belief: how typical the fault is of such a restoration.
        trait: Whether the part itself is measurably off, so that what it restores alone is enough
            to believe in it.
    """

    fault: str
    where: str = ""
    note: str = ""
    weight: float = 1.0
    trait: bool = False


@dataclass(frozen=True)
class Intervention:
    """One part to swap.

    Attributes:
        name: Short name, shown to people.
        variants: Known-good replacements, as setup fields; the best one counts.
        attribute: Names the fault, given the variant that did best.
        cost: Runs that it takes.
        applies: Whether the program has the part at all.
        good: Whether the part belongs to the known-good program, so that putting the program's
            own part back into it is tried too.
        scored: True if the replaced run is scored on the same data by the same rule.
    """

    name: str
    variants: Sequence[Mapping[str, Any]]
    attribute: Callable[[Case, Mapping[str, Any]], Attribution]
    cost: float
    applies: Callable[[Case], bool] = always
    good: bool = False

    def swapped(self, base: Setup, variant: Mapping[str, Any]) -> Setup:
        """Return a setup with the known-good part in place."""
        return replace(base, **variant)

    def reverted(self, base: Setup) -> Setup:
        """Return a setup with the program's own part back in place."""
        plain = Setup()
        names = {name for variant in self.variants for name in variant}
        return replace(base, **{name: getattr(plain, name) for name in names})

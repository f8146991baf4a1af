"""What a detector or an experiment found: a fault, how sure, why, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from startsimple.diagnosis.setup import Setup


@dataclass(frozen=True)
class Finding:
    """Evidence that a program has a fault.

    Attributes:
        fault: Fault id.
        score: Belief between 0 and 1.
        evidence: Sentences with numbers.
        where: Layer, parameter, or file and line; "" if unknown.
        definite: True for a defect of logic that needs no harm shown; False for a trait that
            counts only if training is shown to suffer.
        remedy: The setup that applies the fix to the program, if one can.
    """

    fault: str
    score: float
    evidence: Sequence[str]
    where: str = ""
    definite: bool = True
    remedy: Setup | None = None
    verified: bool | None = field(default=None)

    def scored(self, score: float) -> "Finding":
        """Return the finding with another score."""
        return replace(self, score=score)

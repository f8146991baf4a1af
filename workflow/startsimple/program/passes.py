"""Which of a step's calls of its networks is the one that answers the batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from startsimple.program.rows import same_rows


@dataclass(frozen=True)
class Pass:
    """One call of an outermost network: the tensors that entered it, and those that came out."""

    module: nn.Module
    entered: Sequence[Tensor]
    left: Sequence[Tensor]


def ends_of(passes: Sequence[Pass], found: Sequence[Tensor]) -> tuple[Tensor | None, Tensor | None]:
    """Return what entered the networks and what came out of them.

    From a chain of networks the last one's output comes. Of a network that is asked several times,
    as by an attack on its inputs, the answer to the batch's own rows counts.

    Args:
        passes: Calls in the order in which they ended.
        found: Tensors of the batch.

    Returns:
        Input and output, None where there was no tensor.
    """
    answering = [one for one in passes if one.left]
    entered = next((one.entered[0] for one in passes if one.entered), None)
    if not answering:
        return entered, None
    last = answering[-1]
    if _own(last, found):
        return entered, last.left[0]
    own = [one for one in answering if one.module is last.module and _own(one, found)]
    return (own[-1].entered[0], own[-1].left[0]) if own else (entered, last.left[0])


def _own(one: Pass, found: Sequence[Tensor]) -> bool:
    """Return whether a network was asked about the batch's own rows."""
    return bool(one.entered) and any(same_rows(t, one.entered[0]) for t in found)

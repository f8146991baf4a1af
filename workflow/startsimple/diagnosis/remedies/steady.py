"""Fix of hand-written losses that overflow: their functions kept where they are finite."""

from typing import Any

from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.mending import Mending
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt

# The largest exponent whose sum over many rows is finite in single precision, and the smallest
# number that logarithms, roots and divisions are given.
MOST, LEAST = 80.0, 1e-7


def steady() -> Mending:
    """Keep the arguments of exp, log, sqrt and divisions where value and slope are finite."""

    def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        x = args[0] if args and isinstance(args[0], Tensor) else None
        if x is None or not x.is_floating_point():
            return func(*args, **named)
        if name == "exp":
            # A row's values are most often divided by one another: they keep their ratios.
            highest = x.detach().amax(-1, keepdim=True) if x.ndim else x.detach()
            args = (x - (highest - MOST).clamp(min=0), *args[1:])
        elif name in ("log", "log2", "log10", "sqrt"):
            args = (x.clamp(min=LEAST), *args[1:])
        elif name in ("div", "__truediv__", "true_divide") and isinstance(args[1], Tensor):
            args = (x, _off_zero(args[1]), *args[2:])
        return func(*args, **named)

    return Mending(change)


def _off_zero(x: Tensor) -> Tensor:
    return x.where(x.abs() > LEAST, LEAST) if x.is_floating_point() else x


def steadied(case: Case, finding: Finding) -> Attempt | None:
    """M09: keep the functions of the loss in their finite range."""
    return attempt(case, Mend("the loss kept in its finite range", modes=(steady,)))


REMEDIES: dict[str, list[Remedy]] = {"M09": [steadied]}

"""Fix of hand-written losses that overflow: their functions kept where they are finite."""

import math
from typing import Any

import numpy as np
from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.mending import Mending
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt, mended_lab
from startsimple.diagnosis.setup import Setup

# The largest exponent whose sum over many rows is finite in single precision, and the smallest
# number that logarithms, roots and divisions are given.
MOST, LEAST = 80.0, 1e-7
FALLEN = 0.8


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
    """M09: keep the functions of the loss in their finite range.

    Where outputs and targets have no common shape, the program's own loss is what has to fall.
    """
    mend = Mend("the loss kept in its finite range", modes=(steady,))
    run = mended_lab(case, mend).run(Setup())
    if not math.isnan(run.score) or not run.losses:
        return attempt(case, mend)
    first, last = run.losses[0], float(np.median(run.losses[-max(5, len(run.losses) // 10) :]))
    note = f"With {mend.what} it goes from {first:.3g} to {last:.3g}."
    return Attempt(bool(np.isfinite(run.losses).all()) and last < FALLEN * first, note)


REMEDIES: dict[str, list[Remedy]] = {"M09": [steadied]}

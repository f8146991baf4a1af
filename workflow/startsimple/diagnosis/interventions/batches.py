"""Batches of 32 rows in random order: restores programs with unfit batches or sorted data."""

from collections.abc import Mapping
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.order import label_disorder

ROWS = 32
SORTED = 0.5
MANY = 1000


def applies(case: Case) -> bool:
    """Say whether the batches are tiny, huge, or drawn in sorted order."""
    rows = len(case.program.inputs_of(case.lab.train[0]))
    return rows <= 2 or rows >= 512 or label_disorder(case) < SORTED


def attribute(case: Case, variant: Mapping[str, Any]) -> Attribution:
    """Tell sorted data (D15) from an unfit batch size (O13)."""
    disorder = label_disorder(case)
    if disorder < SORTED:
        note = f"batches hold {disorder:.0%} of the label variety of shuffled ones"
        return Attribution("D15", "train loader", note, 1.2)
    rows = len(case.program.inputs_of(case.lab.train[0]))
    # All of a large set at once leaves next to no steps.
    whole = rows >= MANY and rows >= int(case.trace.facts.get("epoch_rows", rows + 1))
    # One row is what a loader gives that nobody told a size.
    weight = 1.0 if rows == 1 else 0.8
    return Attribution(
        "O13", "train loader", f"{rows} rows a batch", weight, trait=whole or rows == 1
    )


INTERVENTION = Intervention(
    "batches of 32 in random order",
    [{"shuffle": True, "rows": ROWS}, {"shuffle": True}],
    attribute,
    2.0,
    applies,
)

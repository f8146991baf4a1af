"""One module per stage; a stage that is not listed still shows its verdict."""

from startsimple.report.section import Section
from startsimple.report.sections import (
    benchmark,
    data,
    default_model,
    gap,
    overfit_batch,
    simplify,
    tune,
)

_MODULES = (data, simplify, default_model, overfit_batch, benchmark, gap, tune)

SECTIONS: dict[str, Section] = {module.SECTION.stage: module.SECTION for module in _MODULES}


def section_of(stage: str) -> Section:
    """Return a stage's section; one without figures for a stage that has none of its own."""
    return SECTIONS.get(stage) or Section(stage, "", "", lambda rung: [])

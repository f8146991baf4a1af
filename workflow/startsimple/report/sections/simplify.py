"""Stage `simplify` on the page: its table of checks says it all."""

from startsimple.report.section import Section

SECTION = Section(
    "simplify",
    "A smaller problem exists that a small network must be able to solve.",
    "A problem that is too easy passes: whatever solves it proves little about the full one.",
    lambda rung: [],
)

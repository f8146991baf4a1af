"""The table of the comparison of tuners."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from startsimple.schema.canonical import write_bytes
from startsimple.training.statistics import mean_interval

# "Not worse" is judged within this much accuracy, chosen before anything was measured. [own]
MARGIN = 0.01

_HEAD = """# The tuner beside plain Optuna

Written by `make tuners` (`python -m startsimple.cli.tuners`), which measures what is missing.

Each repetition has its own seed for weights, batch order and search; within it, all methods train
the same network, on the same data, in the same space (`lr_schedule`), for as many optimiser steps
in total. Hyperband prunes at six evaluations a trial and spends what it saves on more trials.
*startsimple* is the default: quasi-random points, of which successive halving gives one in four the
whole budget, and then more than half of the steps to Optuna's TPE on the refined space. It was
chosen on other seeds than these. A trial is a point that was begun.

Best: validation score of the best trial that ran to its end, median over the repetitions with its
quartiles. Difference: startsimple's less the other's, mean over pairs of equal seed with Student's
95 % interval; its lower end above -0.01 is *not worse*, its upper end below 0 *worse*, else *open*.
Seconds: of the processor, median; the machine was shared.

| experiment | method | repetitions | trials | steps | best | difference | verdict | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def write_table(measured: Sequence[dict[str, Any]], methods: Sequence[str], path: Path) -> None:
    """Write the table.

    Args:
        measured: One mapping a repetition: experiment, method, seed, best, trials, steps, seconds.
        methods: Their order; the first one is what the others are held against.
        path: Where to.
    """
    rows: list[str] = []
    for experiment in dict.fromkeys(str(one["experiment"]) for one in measured):
        own = {m: _of(measured, experiment, m) for m in methods}
        # A repetition counts once all methods have run it.
        whole = min(len(runs) for runs in own.values())
        own = {m: runs[:whole] for m, runs in own.items() if whole}
        rows += [_row(experiment, method, own[method], own[methods[0]]) for method in own]
    write_bytes(path, (_HEAD + "\n".join(rows) + "\n").encode())


def _of(measured: Sequence[dict[str, Any]], experiment: str, method: str) -> list[dict[str, Any]]:
    chosen = [m for m in measured if (m["experiment"], m["method"]) == (experiment, method)]
    return sorted(chosen, key=lambda one: int(one["seed"]))


def _row(
    experiment: str, method: str, own: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]
) -> str:
    best = np.array([one["best"] for one in own])
    low, middle, high = np.quantile(best, [0.25, 0.5, 0.75])
    difference, verdict = "", ""
    if own is not ours:
        gap = mean_interval((np.array([one["best"] for one in ours]) - best).tolist(), 0.95)
        difference = f"{gap.value:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"
        verdict = judged(gap.low, gap.high)
    typical = {key: np.median([one[key] for one in own]) for key in ("trials", "steps", "seconds")}
    cells = (
        experiment,
        method,
        str(len(own)),
        f"{typical['trials']:.0f}",
        f"{typical['steps']:.0f}",
        f"{middle:.4f} [{low:.4f}, {high:.4f}]",
        difference,
        verdict,
        f"{typical['seconds']:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def judged(low: float, high: float) -> str:
    """Return what an interval of our score less another's says of ours."""
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "not worse" if low > -MARGIN else "open"

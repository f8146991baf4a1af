"""P-07: the program learns more from its inputs than from none."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from startsimple.probes.running import train
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "P-07", "method P-07 (Karpathy, TheDeepChecker)"
COMPARED = 100


def probe(subject: Subject, steps: int = 200, p_max: float = 0.05, seed: int = 0) -> Check:
    """Train twice on the same batches: once as they are, once with all inputs zero.

    Args:
        subject: The untrained program; it is left as it was.
        steps: Optimiser steps of each run.
        p_max: Significance of the comparison.
        seed: Seeds both runs alike.

    Returns:
        P-07 with the p-value of a paired one-sided t-test over the last 100 losses (at most
        half of the steps): the run that sees its inputs has to reach a lower loss.
    """
    seeing = train(subject.fork(), steps, seed)
    blind = train(subject.fork(), steps, seed, change=torch.zeros_like)
    compared = min(COMPARED, max(2, steps // 2))
    gains = np.subtract(blind[-compared:], seeing[-compared:])
    if not np.isfinite(gains).all():
        p = float("nan")
    elif np.ptp(gains) == 0:
        # Without spread the test is undefined, but a constant difference decides by itself.
        p = 0.0 if gains[0] > 0 else 1.0
    else:
        p = _p_positive(gains)
    return judge(
        ID,
        "real inputs beat zeroed ones",
        p,
        "<=",
        p_max,
        source=SOURCE,
        evidence=f"mean of the last {compared} losses: {fmean(seeing[-compared:]):.4g} with "
        f"inputs, {fmean(blind[-compared:]):.4g} without",
    )


def _p_positive(gains: NDArray[np.float64]) -> float:
    """Return the p-value of "the mean gain is positive" by Student's one-sided test."""
    from scipy import stats

    error = float(gains.std(ddof=1)) / math.sqrt(len(gains))
    return float(stats.t.sf(float(gains.mean()) / error, len(gains) - 1))

"""P-04: repeating the batch leaves a mean loss as it is, and multiplies a sum."""

import math

import numpy as np

from startsimple.probes.running import first_batch, step, take
from startsimple.program.seeded import seeded
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "P-04", "method P-04 (TheDeepChecker)"
TITLE = "the loss does not grow with copies of the batch"
FACTORS = (1, 2, 4, 8)
EXAMPLES = 32
# The slope is 0 for a mean, 1 for a sum, -1 for a mean divided by the batch size once more.
SLOPE_FAIL, SLOPE_WARN = 0.5, 0.1


def probe(subject: Subject, seed: int = 0) -> Check:
    """Feed one batch, then two, four and eight copies of it.

    Args:
        subject: The program; it is left as it was.
        seed: Seeds every pass alike.

    Returns:
        P-04 with the slope of log loss over log copies. It fails from half the slope of a sum
        and warns from a tenth, where the loss compares the examples of a batch with each other.
    """
    fork = subject.fork()
    batch = first_batch(fork)
    count = min(len(fork.inputs_of(batch)), EXAMPLES)
    losses: list[float] = []
    for factor in FACTORS:
        with seeded(seed):
            loss = step(fork, take(fork, batch, list(range(count)) * factor)).loss
        losses.append(float(loss.detach()))
    magnitudes = [abs(loss) for loss in losses]
    slope = math.nan
    if min(magnitudes) > 0 and all(math.isfinite(loss) for loss in losses):
        slope = float(np.polyfit(np.log(FACTORS), np.log(magnitudes), 1)[0])
    blocks = not abs(slope) < SLOPE_FAIL
    return judge(
        ID,
        TITLE,
        abs(slope),
        "<",
        SLOPE_FAIL if blocks else SLOPE_WARN,
        source=SOURCE,
        evidence=f"loss {', '.join(f'{loss:.4g}' for loss in losses)} for 1, 2, 4 and 8 copies of "
        f"{count} examples: it grows like copies^{slope:.2f}",
        otherwise=Status.FAIL if blocks else Status.WARN,
    )

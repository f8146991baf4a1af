"""R-07: evaluation is repeatable, and no example's output depends on the others in its batch."""

import torch
from torch import Tensor

from startsimple.probes.running import first_batch, step, take
from startsimple.program.seeded import seeded
from startsimple.program.subject import Batch, Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "R-07", "method R-07"
TITLE = "evaluation is repeatable and independent of the batch"
SIZES = (1, 7, 32)


def probe(subject: Subject, tolerance: float = 1e-5, seed: int = 0) -> Check:
    """Evaluate the same examples twice, and in batches of several sizes.

    Args:
        subject: The program; it is left as it was.
        tolerance: Largest allowed difference of an output, relative to the outputs' size if
            that is above 1.
        seed: Seeds the two passes differently: evaluation must not care.

    Returns:
        R-07 with the largest difference seen.
    """
    fork = subject.fork()
    batch = first_batch(fork, "val")
    count = min(len(fork.inputs_of(batch)), 2 * max(SIZES))
    batch = take(fork, batch, range(count))
    whole = _outputs(fork, batch, seed)
    if whole is None or not whole.ndim or len(whole) != count:
        return Check(ID, TITLE, Status.SKIP, evidence="the output has not one row per example")
    again = _outputs(fork, batch, seed + 1)
    worst, how = _difference(whole, again), "in a second pass over the same batch"
    for size in (size for size in SIZES if size < count):
        rows = range(size)
        try:
            part = _outputs(fork, take(fork, batch, rows), seed)
            difference = _difference(whole[:size], part)
        except Exception as error:
            worst, how = float("inf"), f"because {size} examples raise {type(error).__name__}"
            break
        if difference > worst:
            worst, how = difference, f"in a batch of {size} instead of {count}"
    evidence = f"outputs differ by up to {worst:.2g} {how}"
    if not worst:
        evidence = f"outputs are the same in two passes and in batches of {SIZES}"
    return judge(ID, TITLE, worst, "<=", tolerance, source=SOURCE, evidence=evidence)


def _outputs(subject: Subject, batch: Batch, seed: int) -> Tensor | None:
    with seeded(seed), torch.no_grad():
        output = step(subject, batch, train=False).output
    return None if output is None else output.detach().clone()


def _difference(whole: Tensor, part: Tensor | None) -> float:
    if part is None or part.numel() != whole.numel():
        return float("inf")
    # A NaN is R-08's business; here it has to stay where it is.
    first, second = torch.nan_to_num(whole), torch.nan_to_num(part.reshape(whole.shape))
    scale = max(1.0, float(first.abs().max()))
    return float((first - second).abs().max()) / scale

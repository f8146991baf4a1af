"""P-01: the loss of the untrained program is the one that its kind of loss predicts."""

import math
from statistics import fmean

import torch
from torch import Tensor

from startsimple.probes.running import cycle, step
from startsimple.program.seeded import seeded
from startsimple.program.subject import LossCall, Step, Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "P-01", "method P-01 (Karpathy, CS231n)"
TITLE = "the initial loss is as expected"


def probe(
    subject: Subject, warn: float = 0.1, fail: float = 0.5, batches: int = 4, seed: int = 0
) -> Check:
    """Compare the initial loss with the table of expected values (method, section 7).

    Args:
        subject: The untrained program; it is left as it was.
        warn: Relative deviation above which the check warns.
        fail: Relative deviation above which it fails.
        batches: Training batches over which loss and expectation are averaged.
        seed: Seeds dropout and the like.

    Returns:
        P-01 with the loss and the range that it has to be in. Skipped if the loss is not in the
        table, or if the program adds up several losses.
    """
    fork = subject.fork()
    with seeded(seed):
        steps = [step(fork, batch) for batch in cycle(fork, batches)]
    ranges = [_expected(step, subject) for step in steps]
    known = [bounds for bounds in ranges if bounds is not None]
    if not known or len(known) < len(ranges):
        return Check(ID, TITLE, Status.SKIP, evidence="no expected value for this loss is known")
    loss = fmean(float(step.loss.detach()) for step in steps)
    low, high = (fmean(bounds[side] for bounds in known) for side in (0, 1))
    blocks = not low * (1 - fail) <= loss <= high * (1 + fail)
    tolerance = fail if blocks else warn
    expected = f"{low:.3f}" if low == high else f"{low:.3f} to {high:.3f}"
    return judge(
        ID,
        TITLE,
        loss,
        "in",
        [low * (1 - tolerance), high * (1 + tolerance)],
        source=SOURCE,
        evidence=f"initial loss {loss:.3f}, expected {expected} give or take {tolerance:.0%}",
        otherwise=Status.FAIL if blocks else Status.WARN,
    )


def _expected(step: Step, subject: Subject) -> tuple[float, float] | None:
    """Return the (lowest, highest) initial loss to expect; None if the table does not know."""
    if len(step.calls) != 1:
        return None
    call = step.calls[0]
    if call.name in ("cross_entropy", "nll_loss"):
        classes = subject.task.classes or call.input.shape[min(1, call.input.ndim - 1)]
        return math.log(classes), math.log(classes)
    if call.name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        expected = math.log(2) * _positive_weight(call)
        return expected, expected
    if call.name in ("mse_loss", "l1_loss"):
        return _regression(call)
    return None


def _positive_weight(call: LossCall) -> float:
    weight = call.options.get("pos_weight")
    if not isinstance(weight, Tensor):
        return 1.0
    return float((1 + (weight - 1) * call.target).mean())


def _regression(call: LossCall) -> tuple[float, float]:
    """A model that answers the mean (or median) of the targets, up to one that answers zero."""
    target = call.target.detach().float()
    if call.name == "mse_loss":
        ends = (float(target.var(unbiased=False)), float(target.square().mean()))
    else:
        ends = (float((target - torch.median(target)).abs().mean()), float(target.abs().mean()))
    return min(ends), max(ends)

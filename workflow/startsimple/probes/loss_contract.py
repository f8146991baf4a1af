"""R-10: what enters the loss is what that loss expects: logits, log-probabilities, equal shapes."""

from collections.abc import Sequence

from torch import Tensor

from startsimple.probes.running import cycle, step
from startsimple.program.seeded import seeded
from startsimple.program.subject import LossCall, Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "R-10", "method R-10 (torcheck, UMLAUT)"
TITLE = "the loss receives what it expects"

LOGITS = "logits"
PROBABILITIES = "probabilities"
LOG_PROBABILITIES = "log-probabilities"
OVER_BATCH = "normalised over the batch"
BROADCAST = "shapes that broadcast"

_ELEMENTWISE = (
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
)
_EXPECTED = {
    "cross_entropy": LOGITS,
    "nll_loss": LOG_PROBABILITIES,
    "binary_cross_entropy_with_logits": LOGITS,
}
_TOLERANCE = 1e-3


def probe(subject: Subject, batches: int = 3, seed: int = 0) -> Check:
    """Look at the tensors that enter torch's loss functions during training steps.

    Args:
        subject: The program; it is left as it was.
        batches: Batches to look at: what holds on one may be chance.
        seed: Seeds dropout and the like.

    Returns:
        R-10, whose value names what entered: "logits", "probabilities", "log-probabilities",
        "normalised over the batch" or "shapes that broadcast". Skipped if no known loss ran.
    """
    fork = subject.fork()
    with seeded(seed):
        steps = [step(fork, batch) for batch in cycle(fork, batches)]
    # Two losses of one step are judged apart, each over all batches.
    sequences = zip(*(step.calls for step in steps), strict=False)
    judged = [_judge(calls) for calls in sequences if calls[0].name in {*_EXPECTED, *_ELEMENTWISE}]
    if not judged:
        return Check(ID, TITLE, Status.SKIP, evidence="no loss of torch.nn.functional ran")
    failed = [check for check in judged if check.status is Status.FAIL]
    return (failed or judged)[0]


def _judge(calls: Sequence[LossCall]) -> Check:
    name = calls[0].name
    expected = _EXPECTED.get(name, "equal shapes")
    found, evidence = expected, f"{name} receives {expected}"
    where = f" at {calls[0].where}" if calls[0].where else ""
    if name in _ELEMENTWISE and any(call.input.shape != call.target.shape for call in calls):
        found = BROADCAST
        shapes = f"{tuple(calls[0].input.shape)} and {tuple(calls[0].target.shape)}"
        evidence = f"{name}{where} compares shapes {shapes}, which broadcast"
    elif name in _EXPECTED and all(call.input.ndim > 1 or "binary" in name for call in calls):
        found = _kind([call.input.detach() for call in calls], name)
        low = min(float(call.input.detach().min()) for call in calls)
        high = max(float(call.input.detach().max()) for call in calls)
        evidence = f"{name}{where} receives {found}: values from {low:.3g} to {high:.3g}"
        if found == PROBABILITIES:
            evidence += ", each row within [0, 1] and normalised, over all batches"
    return judge(ID, TITLE, found, "==", expected, source=SOURCE, evidence=evidence)


def _kind(inputs: Sequence[Tensor], name: str) -> str:
    if name == "binary_cross_entropy_with_logits":
        # Untrained logits of dozens of examples that all lie in (0, 1) came through a sigmoid.
        inside = all(bool(((x > 0) & (x < 1)).all()) for x in inputs)
        return PROBABILITIES if inside and sum(x.numel() for x in inputs) >= 16 else LOGITS
    if name == "nll_loss":
        values = [x.exp() for x in inputs]
        if _sums_to_one(values, 1):
            return LOG_PROBABILITIES
        if _sums_to_one(values, 0):
            return OVER_BATCH
        return PROBABILITIES if _sums_to_one(inputs, 1) else LOGITS
    if _within(inputs) and _sums_to_one(inputs, 1):
        return PROBABILITIES
    return OVER_BATCH if _within(inputs) and _sums_to_one(inputs, 0) else LOGITS


def _within(inputs: Sequence[Tensor]) -> bool:
    return all(bool(((x >= 0) & (x <= 1)).all()) for x in inputs)


def _sums_to_one(inputs: Sequence[Tensor], axis: int) -> bool:
    if any(x.ndim < 2 or x.shape[axis] < 2 for x in inputs):
        return False
    return all(bool(((x.sum(axis) - 1).abs() <= _TOLERANCE).all()) for x in inputs)

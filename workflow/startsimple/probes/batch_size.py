"""P-05: the initial loss does not depend on how many examples a batch has."""

from statistics import fmean

from startsimple.probes.running import first_batch, step, take
from startsimple.program.seeded import seeded
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, Status, judge

ID, SOURCE = "P-05", "method P-05"
TITLE = "the initial loss does not depend on the batch size"
EXAMPLES, PARTS = 64, 8


def probe(subject: Subject, warn: float = 0.1, fail: float = 0.5, seed: int = 0) -> Check:
    """Compare the loss of a batch with the mean loss of its eighths.

    The same examples on both sides: for a mean over examples only rounding can differ. Softmax
    over the batch axis starts at ln(batch size) instead.

    Args:
        subject: The untrained program; it is left as it was.
        warn: Relative difference above which the check warns (P-01's tolerances).
        fail: Relative difference above which it fails.
        seed: Seeds every pass alike.

    Returns:
        P-05 with the relative difference. Skipped for batches of fewer than 16 examples, and
        for tasks whose loss may compare examples with each other.
    """
    fork = subject.fork()
    batch = first_batch(fork)
    size = min(len(fork.inputs_of(batch)), EXAMPLES) // PARTS
    if size < 2 or subject.task.kind == "other":
        reason = "the task is unknown" if size >= 2 else "a batch has fewer than 16 examples"
        return Check(ID, TITLE, Status.SKIP, evidence=reason)

    def loss(start: int, stop: int) -> float:
        with seeded(seed):
            return float(step(fork, take(fork, batch, range(start, stop))).loss.detach())

    whole = loss(0, PARTS * size)
    parts = fmean(loss(part * size, (part + 1) * size) for part in range(PARTS))
    difference = abs(whole - parts) / max(min(abs(whole), abs(parts)), 1e-12)
    evidence = f"loss {whole:.4g} in one batch of {PARTS * size}, {parts:.4g} in {PARTS} of {size}"
    blocks = not difference <= fail
    status, limit = (Status.FAIL, fail) if blocks else (Status.WARN, warn)
    return judge(
        ID, TITLE, difference, "<=", limit, source=SOURCE, evidence=evidence, otherwise=status
    )

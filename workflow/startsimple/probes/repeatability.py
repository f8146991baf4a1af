"""P-12: the same seed gives the same run, to the last bit."""

from startsimple.probes.running import train
from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "P-12", "method P-12 (Karpathy; ML Test Score, Infra-1)"


def probe(subject: Subject, again: Subject | None = None, steps: int = 20, seed: int = 0) -> Check:
    """Train twice for a few steps from the same seed and compare the losses.

    Args:
        subject: The untrained program; it is left as it was.
        again: The same program built a second time, so that its making is compared as well;
            without it the subject is copied.
        steps: Optimiser steps of each run.
        seed: Seeds every global stream in both runs.

    Returns:
        P-12, whose value is the number of steps whose losses differ.
    """
    first = train(subject.fork(), steps, seed)
    second = train((again or subject).fork(), steps, seed)
    # Compared as text: NaN equals NaN, and every bit of a float shows.
    differing = [i for i, pair in enumerate(zip(first, second, strict=True)) if _differ(*pair)]
    evidence = f"{steps} losses are equal in both runs"
    if differing:
        step = differing[0]
        evidence = f"at step {step} one run has loss {first[step]!r}, the other {second[step]!r}"
    return judge(
        ID,
        "the same seed gives the same run",
        len(differing),
        "==",
        0,
        source=SOURCE,
        evidence=evidence,
    )


def _differ(first: float, second: float) -> bool:
    return first.hex() != second.hex()

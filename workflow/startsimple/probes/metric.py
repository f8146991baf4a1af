"""P-21: the metric agrees with a reference, is best for the truth, and chance for a shuffle."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from startsimple.schema.verdict import Check, judge

ID, SOURCE = "P-21", "method P-21 (Goodfellow, Bengio and Courville, section 11.5)"
TITLE = "the metric agrees with a reference"
TOLERANCE = 1e-6


def probe(
    metric: Callable[[Tensor, Tensor], float],
    classes: int,
    cases: int = 100,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Check:
    """Compare an accuracy with a count of the right answers, on random cases of random size.

    Args:
        metric: Maps logits (n, classes) and targets (n,) to an accuracy.
        classes: Number of classes, at least 2.
        cases: Random cases.
        seed: Draws them.
        device: Where the metric expects its tensors.

    Returns:
        P-21 with the largest difference from the reference. A third each of the cases are
        random logits, perfect ones, and perfect ones against shuffled targets.
    """
    source = torch.Generator().manual_seed(seed)
    worst, evidence = 0.0, f"equal to a plain count on {cases} random cases"
    for case in range(cases):
        # From one example on, and not only as many as there are classes.
        size = 1 + int(torch.randint(200, (1,), generator=source))
        targets = torch.randint(classes, (size,), generator=source)
        perfect = functional.one_hot(targets, classes).float()
        shuffled = targets[torch.randperm(size, generator=source)]
        kind, logits, truth = (
            ("random logits", torch.randn(size, classes, generator=source), targets),
            ("perfect logits", perfect, targets),
            ("shuffled targets", perfect, shuffled),
        )[case % 3]
        difference, said = _difference(metric, logits.to(device), truth.to(device))
        if not difference <= worst:
            worst, evidence = difference, f"case {case}, {kind}, {size} examples: {said}"
    return judge(ID, TITLE, worst, "<=", TOLERANCE, source=SOURCE, evidence=evidence)


def _difference(
    metric: Callable[[Tensor, Tensor], float], logits: Tensor, truth: Tensor
) -> tuple[float, str]:
    answers, labels = (np.asarray(t.cpu()) for t in (logits.argmax(1), truth))
    expected = float((answers == labels).mean())
    try:
        value = float(metric(logits, truth))
    except Exception as error:
        return float("inf"), f"the metric raises {type(error).__name__}: {error}"
    return abs(value - expected), f"{value:.4f} instead of {expected:.4f}"

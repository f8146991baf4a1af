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
    classes: int | None,
    cases: int = 100,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Check:
    """Compare a metric with a plain computation of it, on random cases of random size.

    Args:
        metric: Maps outputs (n, outputs) and targets (n,) to an accuracy, or to the share of
            unit variance that is explained.
        classes: Number of classes, at least 2; None for a regression.
        cases: Random cases.
        seed: Draws them.
        device: Where the metric expects its tensors.

    Returns:
        P-21 with the largest difference from the reference. A third each of the cases are
        random outputs, perfect ones, and perfect ones against shuffled targets.
    """
    source = torch.Generator().manual_seed(seed)
    worst, evidence = 0.0, f"equal to a plain computation on {cases} random cases"
    for case in range(cases):
        # From one example on, and not only as many as there are classes.
        size = 1 + int(torch.randint(200, (1,), generator=source))
        if classes is None:
            targets = torch.randn(size, generator=source)
            perfect = targets[:, None]
        else:
            targets = torch.randint(classes, (size,), generator=source)
            perfect = functional.one_hot(targets, classes).float()
        shuffled = targets[torch.randperm(size, generator=source)]
        kind, outputs, truth = (
            ("random outputs", torch.randn(perfect.shape, generator=source), targets),
            ("perfect outputs", perfect, targets),
            ("shuffled targets", perfect, shuffled),
        )[case % 3]
        difference, said = _difference(metric, outputs.to(device), truth.to(device))
        if not difference <= worst:
            worst, evidence = difference, f"case {case}, {kind}, {size} examples: {said}"
    return judge(ID, TITLE, worst, "<=", TOLERANCE, source=SOURCE, evidence=evidence)


def _difference(
    metric: Callable[[Tensor, Tensor], float], outputs: Tensor, truth: Tensor
) -> tuple[float, str]:
    answers, wanted = np.asarray(outputs.cpu(), dtype=np.float64), np.asarray(truth.cpu())
    if truth.is_floating_point():
        expected = float(1 - np.square(answers[:, 0] - wanted).mean())
    else:
        expected = float((answers.argmax(1) == wanted).mean())
    try:
        value = float(metric(outputs, truth))
    except Exception as error:
        return float("inf"), f"the metric raises {type(error).__name__}: {error}"
    return abs(value - expected) / max(1.0, abs(expected)), f"{value:.4f} instead of {expected:.4f}"

"""Two measurements on batches that several parts of the diagnosis share."""

import numpy as np
import torch

from startsimple.diagnosis.batches import mapped_batch
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.setup import SEED
from startsimple.program.seeded import seeded


def label_disorder(case: Case) -> float:
    """Compare the variety of labels within batches with that of shuffled batches.

    Args:
        case: The program under diagnosis.

    Returns:
        Mean within-batch label spread over the one expected of random batches: about 1 for
        shuffled data, near 0 for data sorted by label; 1 if targets are not known.
    """
    program, batches = case.program, case.lab.train[:200]
    targets = [t for b in batches if (t := program.targets_of(b)) is not None and t.ndim]
    targets = [t.reshape(len(t), -1)[:, 0].double().numpy() for t in targets if len(t) > 1]
    if len(targets) < 2:
        return 1.0
    whole = np.concatenate(targets)
    if program.task.kind == "regression":
        spread, total = np.mean([t.var() for t in targets]), whole.var()
    else:
        spread, total = np.mean([_variety(t) for t in targets]), _variety(whole)
    size = np.mean([len(t) for t in targets])
    expected = total * (1 - 1 / size)
    return float(spread / expected) if expected > 0 else 1.0


def _variety(labels: np.ndarray) -> float:
    _, counts = np.unique(labels, return_counts=True)
    share = counts / counts.sum()
    return float(1 - (share**2).sum())


def loss_growth(case: Case) -> float | None:
    """Return the ratio of the loss on a doubled batch to that on the batch (1 if averaged)."""
    twin = case.program.fork()
    twin.model.eval()
    batch = case.lab.train[0]
    rows = len(twin.inputs_of(batch))

    def doubled(t: torch.Tensor) -> torch.Tensor:
        return torch.cat([t, t]) if t.ndim and len(t) == rows else t

    try:
        with torch.no_grad(), seeded(SEED):
            once = float(twin.step(batch).loss)
        with torch.no_grad(), seeded(SEED):
            twice = float(twin.step(mapped_batch(batch, doubled)).loss)
    except Exception:
        return None
    return twice / once if abs(once) > 1e-12 else None

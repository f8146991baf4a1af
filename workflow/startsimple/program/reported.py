"""What scikit-learn's metrics are given: the truth that an evaluation pass is scored against."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from inspect import isfunction, signature
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from startsimple.program.aside import patch
from startsimple.program.trace import Evaluation
from startsimple.program.units import in_units_of

AGREE = 0.99
Note = Callable[[NDArray[Any], NDArray[Any]], None]


@contextmanager
def listening(note: Note) -> Generator[None]:
    """Tell truth and prediction of every metric that is called while the block runs."""
    from sklearn import metrics

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def metric(*args: Any, **kwargs: Any) -> Any:
            given = [*args, *kwargs.values()][:2]
            if len(given) == 2:
                note(np.asarray(given[0]), np.asarray(given[1]))
            return original(*args, **kwargs)

        return metric

    with ExitStack() as stack:
        for name, metric in [(str(name), getattr(metrics, name)) for name in metrics.__all__]:
            if isfunction(metric) and next(iter(signature(metric).parameters), "") == "y_true":
                patch(stack, metrics, name, wrap)
        yield


def assign(passes: Sequence[Evaluation], truth: NDArray[Any], told: NDArray[Any]) -> None:
    """Give the last passes their targets, if a prediction was made of their outputs.

    Args:
        passes: Evaluation passes, in order.
        truth: What a metric took for the truth, one row an example.
        told: What it took for the prediction.
    """
    last = list[Evaluation]()
    rows = 0
    for seen in reversed(passes):
        if rows >= len(truth) or seen.output is None or seen.target is not None:
            break
        last.insert(0, seen)
        rows += len(seen.output)
    if rows != len(truth) or not rows or truth.dtype.kind not in "biuf":
        return
    outputs = torch.cat([seen.output.float() for seen in last if seen.output is not None])
    target = _target(outputs.cpu(), truth, told)
    if target is not None:
        for seen, part in zip(last, target.split([len(s.output) for s in last]), strict=True):  # pyright: ignore
            seen.target = part


def _target(outputs: Tensor, truth: NDArray[Any], told: NDArray[Any]) -> Tensor | None:
    """Return the truth as a loss would get it; None if the prediction comes from elsewhere."""
    if told.dtype.kind not in "biuf" or len(told) != len(outputs):
        return None
    flat = outputs.reshape(len(outputs), -1).numpy()
    if (
        flat.shape[1] > 1
        and truth.ndim == 1
        and np.mean(flat.argmax(1) == told.reshape(len(told), -1)[:, 0]) > AGREE
    ):
        return torch.as_tensor(truth.astype(np.int64))
    if flat.size == truth.size == told.size:
        return _like_outputs(outputs, flat.reshape(-1), truth, told.reshape(-1))
    return None


def _like_outputs(
    outputs: Tensor, flat: NDArray[Any], truth: NDArray[Any], told: NDArray[Any]
) -> Tensor | None:
    """Return the truth in the outputs' shape and units: cut at a threshold, or scaled back."""
    kinds = np.unique(truth)
    values = truth.reshape(-1).astype(np.float64)
    cut = len(kinds) == 2 and max(np.mean((flat > edge) == told) for edge in (0.0, 0.5)) > AGREE
    if cut and set(kinds.tolist()) == {0, 1}:
        return torch.as_tensor(values, dtype=torch.float32).reshape(outputs.shape)
    return in_units_of(outputs, torch.as_tensor(told), torch.as_tensor(values))

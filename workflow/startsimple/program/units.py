"""Truths in the units of a model's outputs, where a program scores them in other ones."""

from collections.abc import Callable

import torch
from torch import Tensor

# What scaled targets are undone by: itself, exp, expm1 and squares.
INVERSES: tuple[Callable[[Tensor], Tensor], ...] = (lambda x: x, torch.log, torch.log1p, torch.sqrt)
EXACT = 1e-3
FEWEST = 3


def in_units_of(output: Tensor, scored: Tensor, truth: Tensor) -> Tensor | None:
    """Scale a truth back as the outputs were scaled before they were scored against it.

    Args:
        output: The model's outputs, (rows, ...).
        scored: What a metric compares, made of the outputs, of their size.
        truth: What it compares them with, of the same size.

    Returns:
        The truth in the outputs' units and shape; None if no scaling leads from one to the other.
    """
    if not output.is_floating_point() or output.numel() != scored.numel() != truth.numel():
        return None
    columns = (len(output), -1)
    out, told = output.detach().double().reshape(columns), scored.detach().double().reshape(columns)
    true = truth.detach().double().reshape(columns)
    if len(out) < FEWEST or out.shape != told.shape or out.shape != true.shape:
        return None
    for inverse in INVERSES:
        slope, offset, fits = _line(out, inverse(told))
        if fits:
            scaled = (inverse(true) - offset) / slope
            usable = bool(torch.isfinite(scaled).all())
            return scaled.to(output.dtype).reshape(output.shape) if usable else None
    return None


def _line(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, bool]:
    """Fit each column of y by a line in that of x; say whether all lie on it."""
    spread = x.var(0, correction=0)
    slope = ((x - x.mean(0)) * (y - y.mean(0))).mean(0) / spread
    offset = y.mean(0) - slope * x.mean(0)
    rest = (slope * x + offset - y).abs().amax(0)
    size = (y.amax(0) - y.amin(0)).clamp(min=1e-12)
    fits = bool((spread > 0).all() and (slope != 0).all() and (rest < EXACT * size).all())
    return slope, offset, fits and bool(torch.isfinite(rest).all())

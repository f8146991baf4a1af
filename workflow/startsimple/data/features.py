"""Random features: what lets a model in closed form see shapes, without training anything.

Random convolution kernels with pooled responses tell series and pictures apart about as well as
trained networks do (Dempster, Petitjean and Webb, ROCKET, 2020), random cosines do the same for
vectors (Rahimi and Recht, 2007). The features depend on no data, so nothing can leak through them.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from startsimple.data.targets import Floats
from startsimple.schema.seeds import derive

_WIDTH = 7
_DILATIONS = (1, 2, 3, 4)
# Pictures are pooled over a grid of so many cells a side: where a stroke lies matters.
_CELLS = 3
_BLOCK = 128


def random_features(x: Floats, kind: str, count: int) -> Floats:
    """Describe inputs by random features.

    Args:
        x: Standardised inputs, shape (n, ...).
        kind: The dataset's input type: sequence, image or vector.
        count: About how many features.

    Returns:
        float32, shape (n, features).
    """
    generator = np.random.default_rng(derive(0, "random features", kind))
    if kind == "vector":
        return _cosines(x.reshape(len(x), -1), count, generator)
    if kind == "image":
        return _pictures(x, count, generator)
    return _series(x if x.ndim == 3 else x[:, None], count, generator)


def _cosines(rows: Floats, count: int, generator: np.random.Generator) -> Floats:
    # Standardised rows are about sqrt(2 * width) apart: a typical pair differs by one radian.
    width = rows.shape[1]
    weights = generator.normal(size=(width, count)) / np.sqrt(2 * width)
    phases = generator.uniform(0, 2 * np.pi, count)
    return np.concatenate([rows, np.cos(rows @ weights + phases)], axis=1).astype(np.float32)


def _series(x: Floats, count: int, generator: np.random.Generator) -> Floats:
    channels, length = x.shape[1:]
    fitting = [step for step in _DILATIONS if (_WIDTH - 1) * step < 2 * length]
    kernels = max(1, count // (3 * len(fitting)))
    found: list[Floats] = []
    for step in fitting:
        span = (_WIDTH - 1) * step + 1
        weights = _kernels((channels, _WIDTH), kernels, generator)
        bias = generator.normal(size=kernels).astype(np.float32)
        padded = np.pad(x, ((0, 0), (0, 0), (span // 2, span // 2)))
        windows = sliding_window_view(padded, span, axis=2)[..., ::step]

        def pooled(part: Floats, weights: Floats = weights, bias: Floats = bias) -> Floats:
            seen = _responses(part.transpose(0, 2, 1, 3), weights, 2)
            return np.concatenate([seen.max(1), (seen > bias).mean(1), seen.min(1)], axis=1)

        found.append(_blockwise(pooled, windows))
    return np.concatenate(found, axis=1)


def _pictures(x: Floats, count: int, generator: np.random.Generator) -> Floats:
    height, width = x.shape[2:]
    side = min(_WIDTH, height, width)
    cells = [min(_CELLS, size - side + 1) for size in (height, width)]
    kernels = max(1, count // (cells[0] * cells[1]))
    weights = _kernels((x.shape[1], side, side), kernels, generator)
    windows = sliding_window_view(x, (side, side), axis=(2, 3))  # type: ignore[call-overload]

    def pooled(part: Floats) -> Floats:
        seen = _responses(part.transpose(0, 2, 3, 1, 4, 5), weights, 3)
        for axis, number in zip((1, 2), cells, strict=True):
            starts = np.linspace(0, seen.shape[axis], number + 1).astype(int)[:-1]
            seen = np.maximum.reduceat(seen, starts, axis=axis)
        return seen.reshape(len(seen), -1)

    return _blockwise(pooled, windows)


def _kernels(shape: tuple[int, ...], count: int, generator: np.random.Generator) -> Floats:
    """Draw kernels of mean 0 and norm 1, shape (size, count): a constant input gives nothing."""
    drawn = generator.normal(size=(int(np.prod(shape)), count))
    drawn -= drawn.mean(0)
    return (drawn / np.linalg.norm(drawn, axis=0)).astype(np.float32)


def _responses(windows: NDArray[np.float32], weights: Floats, axes: int) -> Floats:
    """Apply kernels to windows; the first axes stay, the window's become one of kernels."""
    flat = windows.reshape(-1, len(weights)) @ weights
    return flat.reshape(*windows.shape[:axes], weights.shape[1])


def _blockwise(pooled: Callable[[Floats], Floats], windows: Floats) -> Floats:
    """Pool block after block of examples, as all windows at once would not fit in memory."""
    parts = [pooled(windows[at : at + _BLOCK]) for at in range(0, len(windows), _BLOCK)]
    return np.concatenate(parts).astype(np.float32)

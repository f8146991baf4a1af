"""One packed file per split: how arrays are quantised, written and read."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from startsimple.data.targets import Floats, Integers, Targets, is_regression
from startsimple.schema.canonical import write_bytes
from startsimple.schema.errors import UserError

QUANTUM = 2.0**-12
_KEYS = ("x", "x_id", "y", "y_id")
_OPTIONAL = ("group", "time")
# Rounding may add this share of the data's own spread as noise before it counts as damage.
_NOISE_MAX = 0.01


@dataclass(frozen=True)
class Split:
    """One split of a dataset, in memory.

    Attributes:
        x: Inputs, float32, shape (n, features), (n, length), (n, channels, length) or
            (n, channels, height, width).
        y: Class labels, int64, or the targets of a regression, float32, shape (n,).
        x_id: Key of each input, int64, shape (n,).
        y_id: Key of each label, int64, shape (n,); an input and a label belong together
            if their keys are equal, wherever they stand.
        group: Entity that each input comes from, such as a patient, int64, shape (n,); None if
            every example is an entity of its own.
        time: When each input was observed, int64, shape (n,), in any unit; None if it is unknown
            or does not matter.
    """

    x: Floats
    y: Targets
    x_id: Integers
    y_id: Integers
    group: Integers | None = None
    time: Integers | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: Integers) -> "Split":
        """Return the examples at the given positions; inputs and labels must be joined already."""
        return Split(
            self.x[index],
            self.y[index],
            self.x_id[index],
            self.y_id[index],
            None if self.group is None else self.group[index],
            None if self.time is None else self.time[index],
        )

    def joined(self) -> "Split":
        """Return the split with every label moved to the position of its input's key.

        Raises:
            UserError: If a key is missing on one side or is there twice.
        """
        x_order, y_order = np.argsort(self.x_id), np.argsort(self.y_id)
        x_keys, y_keys = self.x_id[x_order], self.y_id[y_order]
        if len(np.unique(x_keys)) != len(x_keys) or not np.array_equal(x_keys, y_keys):
            raise UserError(
                "Inputs and labels cannot be joined: their keys differ or repeat "
                f"({len(self.x_id)} inputs, {len(self.y_id)} labels)."
            )
        position = np.empty_like(x_order)
        position[x_order] = y_order
        return replace(self, y=self.y[position], y_id=self.y_id[position])


def quantise(x: NDArray[np.floating]) -> Floats:
    """Round inputs to multiples of 2^-12, so that rebuilt bytes are the same on every machine.

    Processors and libraries differ in the last bits of sums, logarithms and interpolations:
    about 1e-15 here. Rounding to a grid that is 11 orders of magnitude coarser removes those
    bits unless a value lies within 1e-15 of the middle between two grid points. A multiple of
    2^-12 is exact in float32 up to 4096, sums of them are exact in float64, and its rounding
    error (at most 1.2e-4) is far below the noise of standardised data.

    Args:
        x: Inputs of any float type and shape, spread over clearly more than 2^-12.

    Returns:
        float32, the same shape; NaN and infinities stay, for the data contract to name.

    Raises:
        UserError: If the grid is too coarse for the data's own spread.
    """
    # Adding zero turns -0.0 into 0.0, whose bytes do not depend on the last bit of x.
    rounded = np.rint(np.asarray(x, dtype=np.float64) / QUANTUM) * QUANTUM + 0.0
    finite = np.isfinite(rounded)
    spread, noise = np.std(x, where=finite), np.std(rounded[finite] - x[finite])
    if finite.any() and noise > _NOISE_MAX * spread:
        raise UserError(
            f"A spread of {spread:.2g} is too small for the storage grid of 2^-12: "
            "multiply the values by a constant in the dataset's source."
        )
    return rounded.astype(np.float32)


def pack(split: Split) -> bytes:
    """Serialise a split to safetensors; equal splits give equal bytes.

    Bytes such as pixels stay bytes; all other inputs, and the targets of a regression, are
    rounded to the storage grid.
    """
    arrays = {
        "x": split.x if split.x.dtype == np.uint8 else quantise(split.x),
        "y": quantise(split.y) if is_regression(split.y) else split.y.astype(np.int64),
        "x_id": split.x_id.astype(np.int64),
        "y_id": split.y_id.astype(np.int64),
    }
    for name in _OPTIONAL:
        if (values := getattr(split, name)) is not None:
            arrays[name] = values.astype(np.int64)
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def write_split(path: Path, split: Split) -> None:
    """Write a split as one packed file, atomically."""
    write_bytes(path, pack(split))


def read_split(path: Path) -> Split:
    """Read a packed split as it stands in its file.

    Args:
        path: A file written by `write_split`.

    Returns:
        The split; labels are not joined to inputs yet.

    Raises:
        UserError: If the file is missing or is not a packed split.
    """
    try:
        arrays = load(path.read_bytes())
        x = arrays["x"].astype(np.float32, copy=False)
        optional = {name: arrays[name] for name in _OPTIONAL if name in arrays}
        return Split(x, arrays["y"], arrays["x_id"], arrays["y_id"], **optional)
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing: climb the stage that writes it again.") from error
    except (SafetensorError, KeyError) as error:
        raise UserError(
            f"{path} is not a packed split with {', '.join(_KEYS)}: restore it with "
            "`dvc checkout`, or remove it and climb again."
        ) from error

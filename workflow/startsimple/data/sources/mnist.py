"""MNIST (LeCun, Cortes & Burges): 70,000 handwritten digits in their original idx files."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from startsimple.data.download import fetch
from startsimple.data.pack import Split
from startsimple.schema.errors import UserError

MIRROR_VARIABLE = "STARTSIMPLE_MNIST_MIRROR"
ADDRESSES = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
# SHA-256 of the uncompressed files.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_BYTES = 8  # the idx code of unsigned bytes


def load(
    mirror: str | None = None,
    addresses: Sequence[str] = ADDRESSES,
    downloads: str = "data/.downloads/mnist",
) -> dict[str, Split]:
    """Load the four files from a mirror folder, from earlier downloads, or from the network.

    Args:
        mirror: A folder with the four files, compressed or not; the environment variable
            STARTSIMPLE_MNIST_MIRROR names one, too.
        addresses: Public mirrors, tried in order after the folder.
        downloads: Where downloads are kept.

    Returns:
        Splits "train" (60,000) and "test" (10,000); x has shape (n, 1, 28, 28), uint8, keys
        count through both splits.

    Raises:
        UserError: If a file is partial, altered, or cannot be had.
    """
    named = mirror or os.environ.get(MIRROR_VARIABLE)
    folder = Path(named) if named else None
    arrays = [
        read_idx(fetch(name, sha256, folder, addresses, Path(downloads)), name)
        for name, sha256 in FILES.items()
    ]
    boundary = len(arrays[1])
    keys = np.arange(boundary + len(arrays[3]), dtype=np.int64)
    return {
        "train": _split(arrays[0], arrays[1], keys[:boundary]),
        "test": _split(arrays[2], arrays[3], keys[boundary:]),
    }


def read_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes.

    Args:
        content: Two zero bytes, the type's code, the number of axes, each axis's size as
            a big-endian integer of four bytes, then the numbers.
        name: For the message.

    Raises:
        UserError: If the header does not fit the content.
    """
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes((0, 0, _BYTES)) or not axes or len(content) < start:
        raise UserError(f"{name} is no idx file of unsigned bytes: fetch the original one.")
    shape = struct.unpack(f">{axes}I", content[4:start])
    if len(content) - start != np.prod(shape, dtype=np.int64):
        raise UserError(
            f"{name} announces {shape} numbers and holds {len(content) - start}: "
            "fetch the original file."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _split(images: NDArray[np.uint8], labels: NDArray[np.uint8], keys: NDArray[np.int64]) -> Split:
    return Split(images[:, None], labels.astype(np.int64), keys, keys)  # type: ignore[arg-type]

"""Tensors of a safetensors file as plain bytes, read without torch."""

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Raw:
    """One stored tensor: its dtype in safetensors' own words, its shape, its bytes."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes


def read_tensors(path: Path) -> dict[str, Raw]:
    """Read a safetensors file.

    Args:
        path: The file.

    Returns:
        The tensors by name, sorted.

    Raises:
        ValueError: If the file is no safetensors file.
    """
    whole = path.read_bytes()
    try:
        (length,) = struct.unpack("<Q", whole[:8])
        header: dict[str, Any] = json.loads(whole[8 : 8 + length])
        tensors: dict[str, Raw] = {}
        for name in sorted(set(header) - {"__metadata__"}):
            entry = header[name]
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = Raw(entry["dtype"], tuple(entry["shape"]), whole[start:end])
    except (struct.error, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no safetensors file") from error
    return tensors


def content_digest(tensors: dict[str, Raw]) -> str:
    """Digest tensors by name, dtype, shape and bytes; the layout of their file does not matter."""
    sha = hashlib.sha256()
    for name, raw in sorted(tensors.items()):
        sha.update(f"{name} {raw.dtype} {raw.shape} {len(raw.content)} ".encode() + raw.content)
    return sha.hexdigest()

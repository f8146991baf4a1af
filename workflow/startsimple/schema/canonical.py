"""Canonical JSON and content digests: equal values give equal bytes on every machine."""

import hashlib
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any, cast


def canonical(value: Any, *, indent: int | None = None) -> str:
    """Serialise a value to JSON with sorted keys, so that equal values give equal text.

    Args:
        value: Anything that JSON can hold. NaN and infinities are written as the strings
            "nan", "inf" and "-inf", since JSON has no numbers for them.
        indent: Spaces per level for files that people read; None for one line.

    Returns:
        The JSON text, without a trailing newline.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        _finite(value),
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        indent=indent,
        separators=separators,
    )


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        return {str(key): _finite(item) for key, item in items.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a kill leaves either the old bytes or the new ones, never a part.

    Args:
        path: Target; missing parent folders are made.
        content: The whole new content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented canonical JSON, atomically."""
    write_bytes(path, (canonical(value, indent=1) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))

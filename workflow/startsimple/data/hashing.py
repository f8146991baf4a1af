"""DVC's own content hash of a folder, computed without importing DVC."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import cast

from startsimple.schema.canonical import write_bytes

# Below this size hashing is quicker than looking the file up.
_ALWAYS_HASHED = 1 << 20


def tree_md5(files: dict[str, str]) -> str:
    """Return DVC's hash of a folder: the md5 of its sorted listing, with the suffix ".dir".

    Args:
        files: md5 of each file by its POSIX path relative to the folder.
    """
    entries = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    listing = json.dumps(entries, sort_keys=True).encode()
    return f"{hashlib.md5(listing, usedforsecurity=False).hexdigest()}.dir"


def file_md5s(folder: Path, memory: Path | None = None) -> dict[str, str]:
    """Return the md5 of each file below a folder, by relative POSIX path.

    Args:
        folder: The folder.
        memory: A file that remembers the hashes of big files by size and change time, for
            callers that must be quick; None hashes every byte.
    """
    known = _read(memory)
    seen: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        status = path.stat()
        stamp = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}"
        md5 = known.get(stamp) or file_md5(path)
        hashes[path.relative_to(folder).as_posix()] = md5
        if status.st_size >= _ALWAYS_HASHED:
            seen[stamp] = md5
    if memory is not None and not seen.items() <= known.items():
        # The memory only saves time: a folder that cannot be written is no reason to stop.
        with suppress(OSError):
            write_bytes(memory, json.dumps({**known, **seen}, sort_keys=True).encode())
    return hashes


def folder_md5(folder: Path) -> str:
    """Return the content hash of a folder as `dvc add` would store it."""
    return tree_md5(file_md5s(folder))


def file_md5(path: Path) -> str:
    """Return the md5 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read(memory: Path | None) -> dict[str, str]:
    """Read the remembered hashes; a damaged memory is forgotten, since it can be made again."""
    if memory is None:
        return {}
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, str]", known) if isinstance(known, dict) else {}

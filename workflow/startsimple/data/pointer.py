"""DVC as data keeps it: the committed pointer, the cache, and the few commands that are needed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError


@dataclass(frozen=True)
class Pointer:
    """A .dvc file.

    Attributes:
        path: The file.
        md5: Content hash of the folder that it points to, with DVC's suffix ".dir".
        folder: That folder.
    """

    path: Path
    md5: str
    folder: Path


def read_pointer(path: Path) -> Pointer:
    """Read a .dvc file.

    Raises:
        UserError: If it is missing, or is not a pointer to one folder.
    """
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        (out,) = content["outs"]
        md5, target = str(out["md5"]), str(out["path"])
    except FileNotFoundError as error:
        raise UserError(
            f"{path} is missing: restore it with git, or make it with startsimple.data.store.pin."
        ) from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} is not a DVC pointer to one folder: restore it with `git checkout {path}`."
        ) from error
    if not md5.endswith(".dir"):
        raise UserError(f"{path} points to a single file: a dataset is a folder of packed splits.")
    return Pointer(path, md5, path.parent / target)


def cached_files(root: Path, md5: str) -> dict[str, str] | None:
    """Return the md5 of each file of a folder from DVC's cache, None if it is not there."""
    listing = root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    try:
        return {entry["relpath"]: entry["md5"] for entry in read_json(listing)}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one DVC command in the repository.

    DVC takes seconds to import, so it runs as a process of its own, and only when it is needed.

    Args:
        root: The repository.
        *arguments: The command and its arguments.

    Returns:
        The finished process, with its text; a failure does not raise.
    """
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )

"""DVC as data keeps it: the committed pointer, the cache, and the few commands that are needed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from startsimple.schema.canonical import read_json
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.errors import UserError, nearest


@dataclass(frozen=True)
class Pointer:
    """A .dvc file.

    Attributes:
        path: The file.
        md5: Content hash of the folder that it points to, with DVC's suffix ".dir".
        folder: That folder.
        rev: Git revision that the pointer is of, None for the working tree's.
    """

    path: Path
    md5: str
    folder: Path
    rev: str | None = None


def pinned(dataset: DatasetConfig, root: Path) -> Pointer:
    """Return a dataset's pointer: the working tree's, or that of `dataset.rev`.

    Another version gets a folder of its own, named by its content, so that versions lie side by
    side and a branch that moves on is another folder.

    Args:
        dataset: The dataset's config.
        root: The repository.

    Raises:
        UserError: If the pointer is missing or damaged, is not named as the dataset is, or the
            revision does not exist or has no such pointer.
    """
    path = root / dataset.pointer
    if path.parent / path.stem != root / "data" / dataset.name:
        raise UserError(
            f"dataset.pointer={dataset.pointer} does not point to data/{dataset.name}, "
            f"where the stages look: name it data/{dataset.name}.dvc."
        )
    if dataset.rev is None:
        pointer = read_pointer(path)
        if pointer.folder != path.parent / path.stem:
            raise UserError(
                f"{path} points to {pointer.folder.name}: restore it with `git checkout {path}`."
            )
        return pointer
    md5 = _parse(_text_at(root, dataset.rev, dataset.pointer), path)[0]
    folder = root / "data" / ".versions" / f"{dataset.name}-{md5[:12]}"
    return Pointer(path, md5, folder, dataset.rev)


def folder_of(dataset: DatasetConfig, root: Path) -> Path:
    """Return the folder of a dataset's version; `materialise` puts the data there."""
    if dataset.rev is None:
        return root / "data" / dataset.name
    return pinned(dataset, root).folder


def _text_at(root: Path, rev: str, pointer: str) -> str:
    """Return the text of a pointer as of a git revision."""
    if _git(root, "rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}").returncode:
        listed = _git(root, "for-each-ref", "--format=%(refname:short)", "refs/tags", "refs/heads")
        known = listed.stdout.split()
        hint = nearest(rev, known) if known else "This folder is no git repository with commits."
        raise UserError(f"dataset.rev={rev} is no git revision of this repository. {hint}")
    # "./" makes the path relative to the working directory, which may lie below git's root.
    shown = _git(root, "show", f"{rev}:./{pointer}")
    if shown.returncode:
        raise UserError(f"Revision '{rev}' has no {pointer}: name one that pinned this dataset.")
    return shown.stdout


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def read_pointer(path: Path) -> Pointer:
    """Read a .dvc file.

    Raises:
        UserError: If it is missing, or is not a pointer to one folder.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"{path} is missing: restore it with git, or make it with `startsimple pin`."
        ) from error
    md5, target = _parse(text, path)
    return Pointer(path, md5, path.parent / target)


def _parse(text: str, path: Path) -> tuple[str, str]:
    """Return the md5 and the target of a pointer's text."""
    try:
        content: Any = yaml.safe_load(text)
        (out,) = content["outs"]
        md5, target = str(out["md5"]), str(out["path"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} is not a DVC pointer to one folder: restore it with `git checkout {path}`."
        ) from error
    if not md5.endswith(".dir"):
        raise UserError(f"{path} points to a single file: a dataset is a folder of packed splits.")
    return md5, target


def cached_files(root: Path, md5: str) -> dict[str, str] | None:
    """Return the md5 of each file of a folder from DVC's cache, None if it is not there."""
    listing = cached(root, md5)
    try:
        return {entry["relpath"]: entry["md5"] for entry in read_json(listing)}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def cached(root: Path, md5: str) -> Path:
    """Return where DVC's cache keeps a content, whether it is there or not."""
    return root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]


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

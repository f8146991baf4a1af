"""The data behind their DVC pointer: from the workspace, the cache, a remote, or the source."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from startsimple.data.build import REQUIRED, SPLITS, beside, build
from startsimple.data.hashing import file_md5s, folder_md5, tree_md5
from startsimple.data.listing import ordered_listings
from startsimple.data.pointer import Pointer, cached_files, dvc, read_pointer
from startsimple.schema.config import DatasetConfig
from startsimple.schema.errors import UserError


class DataDifferError(UserError):
    """The data are not what the pointer says.

    Attributes:
        md5: The hash that was found.
        expected: The pointer's hash.
    """

    def __init__(self, message: str, md5: str, expected: str) -> None:
        super().__init__(message)
        self.md5, self.expected = md5, expected


@dataclass(frozen=True)
class Materialised:
    """A dataset on disk whose content hash equals its pointer's.

    Attributes:
        folder: Folder with one packed file per split.
        md5: DVC's content hash of the folder.
        origin: Where it came from: workspace, cache, remote or source.
    """

    folder: Path
    md5: str
    origin: str

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that the dataset holds."""
        return tuple(name for name in SPLITS if name in REQUIRED or self.file(name).exists())

    def file(self, split: str) -> Path:
        """Return the packed file of a split."""
        return self.folder / f"{split}.safetensors"


def materialise(dataset: DatasetConfig, root: Path, allowed: tuple[str, ...] = ()) -> Materialised:
    """Put a dataset on disk and prove that it is what its pointer says.

    Args:
        dataset: The dataset's config.
        root: The repository.
        allowed: Import prefixes of sources that the user allows.

    Returns:
        The dataset; processes that ask at the same time get the same folder.

    Raises:
        DataDifferError: If the content hash differs from the pointer's, naming file and remedy.
        UserError: If the pointer is missing or the data folder cannot be written.
    """
    root = root.resolve()
    pointer = read_pointer(root / dataset.pointer)
    if pointer.folder != root / "data" / dataset.name:
        raise UserError(
            f"dataset.pointer={dataset.pointer} does not point to data/{dataset.name}, "
            f"where the stages look: name it data/{dataset.name}.dvc."
        )
    if pointer.folder.is_dir():
        return _proven(pointer, dataset, root, "workspace", allowed)
    try:
        with _locked(root, dataset.name):
            if pointer.folder.is_dir():
                return _proven(pointer, dataset, root, "workspace", allowed)
            origin = _fetch(pointer, root)
            if origin is None:
                build(dataset, pointer.folder, allowed)
                origin = "source"
            proven = _proven(pointer, dataset, root, origin, allowed)
            if origin == "source" and _has_dvc(root):
                # The next climb then takes the data from the cache; without it they are rebuilt.
                dvc(root, "commit", "--force", str(pointer.path))
            return proven
    except OSError as error:
        raise UserError(
            f"{pointer.folder} cannot be written ({error.strerror}): "
            "make the folder writable and climb again."
        ) from error


def state(dataset: DatasetConfig, root: Path) -> str:
    """Say quickly whether the workspace holds what the pointer says.

    Args:
        dataset: The dataset's config.
        root: The repository.

    Returns:
        "as pinned" if the data are absent or equal to the pointer's, else "differs: <md5>".

    Raises:
        UserError: If the pointer is missing.
    """
    pointer = read_pointer(root / dataset.pointer)
    if not pointer.folder.is_dir():
        return "as pinned"
    md5 = tree_md5(file_md5s(pointer.folder, memory=root / ".dvc" / "tmp" / "file-hashes.json"))
    return "as pinned" if md5 == pointer.md5 else f"differs: {md5}"


def pin(dataset: DatasetConfig, root: Path, allowed: tuple[str, ...] = ()) -> str:
    """Build a new dataset from its source and write its DVC pointer.

    The source is run twice, with directory listings in ascending and in descending order
    (D-01): a source whose data depend on that order, or on chance, is not pinned.

    Args:
        dataset: The dataset's config.
        root: The repository, with DVC initialised.
        allowed: Import prefixes of sources that the user allows.

    Returns:
        The content hash that the pointer holds.

    Raises:
        UserError: If the two builds differ, the data exist already, or DVC refuses.
    """
    root = root.resolve()
    folder = root / "data" / dataset.name
    if folder.exists():
        raise UserError(f"{folder} exists: remove it first, so that it is built from its source.")
    with _locked(root, dataset.name), beside(folder) as scratch:
        for target, descending in ((folder, False), (Path(scratch) / "again", True)):
            with ordered_listings(descending=descending):
                build(dataset, target, allowed)
        md5, again = folder_md5(folder), folder_md5(Path(scratch) / "again")
    if md5 != again:
        shutil.rmtree(folder)
        raise UserError(
            f"{dataset.source.target} builds other data when directory listings are turned round "
            "or when it runs again: sort every listing and seed every generator."
        )
    added = dvc(root, "add", str(folder.relative_to(root)))
    if added.returncode:
        raise UserError(f"`dvc add {folder}` failed: {added.stderr.strip()}")
    return md5


def _proven(
    pointer: Pointer, dataset: DatasetConfig, root: Path, origin: str, allowed: tuple[str, ...]
) -> Materialised:
    found = file_md5s(pointer.folder)
    md5 = tree_md5(found)
    if md5 == pointer.md5:
        return Materialised(pointer.folder, md5, origin)
    expected = cached_files(root, pointer.md5)
    if expected is None and origin != "source":
        expected = _rebuilt_files(dataset, pointer.md5, allowed)
    names = [""]
    if expected is not None:
        either = sorted({*found, *expected})
        names = [name for name in either if found.get(name) != expected.get(name)]
    files = ", ".join(str((pointer.folder / name).relative_to(root)) for name in names)
    raise DataDifferError(
        f"{files} differs from {dataset.pointer}. {_REMEDY[origin]}", md5, pointer.md5
    )


_REMEDY = {
    "workspace": "Restore it with `dvc checkout --force`, or remove its folder and climb again; "
    "if the change is meant, run `dvc add` and commit the pointer.",
    "cache": "The DVC cache holds changed bytes: remove the folder and .dvc/cache and climb again.",
    "remote": "The DVC remote holds other bytes: set `verify` on it, remove the folder and "
    ".dvc/cache and climb again.",
    "source": "The source no longer makes the data that were pinned: install the locked "
    "dependencies, or pin the new data and commit the pointer.",
}


def _rebuilt_files(
    dataset: DatasetConfig, md5: str, allowed: tuple[str, ...]
) -> dict[str, str] | None:
    """Rebuild the data elsewhere to learn which file differs, since a pointer holds one hash."""
    with tempfile.TemporaryDirectory() as scratch, suppress(UserError):
        folder = Path(scratch) / dataset.name
        build(dataset, folder, allowed)
        files = file_md5s(folder)
        return files if tree_md5(files) == md5 else None
    return None


def _has_dvc(root: Path) -> bool:
    return (root / ".dvc" / "config").exists()


def _fetch(pointer: Pointer, root: Path) -> str | None:
    """Get the folder from DVC's cache, else from its remote; return which one had it."""
    if not _has_dvc(root):
        return None
    # Each command takes DVC a second: one look at its settings spares those that must fail.
    settings = dvc(root, "config", "--list").stdout.splitlines()
    commands: list[tuple[str, str]] = []
    if cached_files(root, pointer.md5) or any(line.startswith("cache.dir=") for line in settings):
        commands.append(("checkout", "cache"))
    if any(line.startswith("core.remote=") for line in settings):
        commands.append(("pull", "remote"))
    for command, origin in commands:
        dvc(root, command, str(pointer.path))
        if pointer.folder.is_dir():
            return origin
    return None


@contextmanager
def _locked(root: Path, name: str) -> Generator[None]:
    """Let one process at a time write a dataset; the lock ends with the process that holds it."""
    folder = root / ".dvc" / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

"""The data behind their DVC pointer: from the workspace, the cache, a remote, or the source."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from startsimple.data.build import beside, build
from startsimple.data.hashing import file_md5s, folder_md5, tree_md5
from startsimple.data.listing import ordered_listings
from startsimple.data.pointer import Pointer, cached_files, dvc, pinned
from startsimple.data.proof import DataDifferError, Materialised, proven
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.errors import UserError


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
        UserError: If the pointer or the revision is missing, or the data folder cannot be written.
    """
    root = root.resolve()
    pointer = pinned(dataset, root)
    if pointer.folder.is_dir():
        return proven(pointer, dataset, root, "workspace", allowed)
    try:
        with _locked(root, dataset.name):
            if pointer.folder.is_dir():
                return proven(pointer, dataset, root, "workspace", allowed)
            origin, complaint = _fetch(pointer, root)
            if origin == "source":
                _rebuild(pointer, dataset, allowed, complaint)
            found = _proven_or_removed(pointer, dataset, root, origin, allowed)
            if origin == "source" and pointer.rev is None and _has_dvc(root):
                # The next climb then takes the data from the cache; without it they are rebuilt.
                dvc(root, "commit", "--force", str(pointer.path))
            return found
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
    pointer = pinned(dataset, root)
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


def _rebuild(
    pointer: Pointer, dataset: DatasetConfig, allowed: tuple[str, ...], complaint: str
) -> None:
    """Build the data from their source; if that fails, say that the remote failed before."""
    try:
        build(dataset, pointer.folder, allowed)
    except UserError as error:
        raise UserError(f"{str(error).rstrip('.')}. {complaint}".strip()) from error


def _proven_or_removed(
    pointer: Pointer, dataset: DatasetConfig, root: Path, origin: str, allowed: tuple[str, ...]
) -> Materialised:
    """Prove fresh data; another version that came out wrong is not left to be found again."""
    try:
        return proven(pointer, dataset, root, origin, allowed)
    except DataDifferError:
        if pointer.rev is not None:
            shutil.rmtree(pointer.folder)
        raise


def _has_dvc(root: Path) -> bool:
    return (root / ".dvc" / "config").exists()


def _fetch(pointer: Pointer, root: Path) -> tuple[str, str]:
    """Get the folder from DVC's cache, else from its remote.

    Returns:
        Which one had it, or "source" if it has to be rebuilt; and why the remote did not help.
    """
    complaint = ""
    if not _has_dvc(root):
        return "source", complaint
    # Each command takes DVC a second: one look at its settings spares those that must fail.
    settings = dvc(root, "config", "--list").stdout.splitlines()
    commands: list[tuple[str, str]] = []
    if cached_files(root, pointer.md5) or any(line.startswith("cache.dir=") for line in settings):
        commands.append(("checkout", "cache"))
    if any(line.startswith("core.remote=") for line in settings):
        commands.append(("pull", "remote"))
    with _usable(pointer, root) as usable:
        for command, origin in commands:
            done = dvc(root, command, str(usable.path))
            if usable.folder.is_dir():
                if usable.folder != pointer.folder:
                    usable.folder.replace(pointer.folder)
                return origin, ""
            if origin == "remote":
                complaint = f"DVC's remote has no data for {pointer.md5}: {_said(done.stderr)}"
    return "source", complaint


def _said(text: str) -> str:
    """Return what DVC gives as its reason, in one line."""
    errors = [line.strip() for line in text.splitlines() if "ERROR" in line]
    return errors[0] if errors else " ".join(text.split())[-200:]


@contextmanager
def _usable(pointer: Pointer, root: Path) -> Generator[Pointer]:
    """Yield a pointer that DVC can work with: that of another revision is written out meanwhile.

    `dvc get --rev` would do, but it knows only the remotes that the old revision configured.
    """
    if pointer.rev is None:
        yield pointer
        return
    pointer.folder.parent.mkdir(exist_ok=True)
    (pointer.folder.parent / ".gitignore").write_text("*\n")
    name = pointer.folder.name
    path = root / "data" / f"{name}.dvc"
    path.write_text(f"outs:\n- md5: {pointer.md5}\n  hash: md5\n  path: {name}\n")
    try:
        yield Pointer(path, pointer.md5, root / "data" / name, pointer.rev)
    finally:
        path.unlink()
        shutil.rmtree(root / "data" / name, ignore_errors=True)


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

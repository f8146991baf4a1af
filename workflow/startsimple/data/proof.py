"""Are the data on disk the pointer's? If not: which file, which rows, and what to do."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from startsimple.data.build import REQUIRED, SPLITS, build
from startsimple.data.hashing import file_md5s, tree_md5
from startsimple.data.pointer import Pointer, cached, cached_files
from startsimple.schema.datasets import DatasetConfig
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


_REMEDY = {
    "workspace": "Restore it with `dvc checkout --force`, or remove its folder and climb again; "
    "if the change is meant, run `dvc add` and commit the pointer.",
    "cache": "The DVC cache holds changed bytes: remove the folder and .dvc/cache and climb again.",
    "remote": "The DVC remote holds other bytes: set `verify` on it, remove the folder and "
    ".dvc/cache and climb again.",
    "source": "The source no longer makes the data that were pinned: install the locked "
    "dependencies, or pin the new data and commit the pointer.",
    "version": "Neither DVC's cache nor its remote has the pinned version, and the source builds "
    "another: `dvc push` it from where it is, and climb again.",
}


def proven(
    pointer: Pointer, dataset: DatasetConfig, root: Path, origin: str, allowed: tuple[str, ...]
) -> Materialised:
    """Return the data if their content hash is the pointer's.

    Args:
        pointer: The pointer, whose folder exists.
        dataset: The dataset's config.
        root: The repository.
        origin: Where the folder came from.
        allowed: Import prefixes of sources that the user allows.

    Raises:
        DataDifferError: If it is not; the message names files, rows and remedy.
    """
    found = file_md5s(pointer.folder)
    md5 = tree_md5(found)
    if md5 == pointer.md5:
        return Materialised(pointer.folder, md5, origin)
    with tempfile.TemporaryDirectory() as scratch:
        before = _pinned_files(pointer, dataset, root, Path(scratch), origin, allowed)
        either = sorted({*found, *before})
        names = [n for n in either if found.get(n) != before.get(n, (None, ""))[1]]
        files = [str((pointer.folder / name).relative_to(root)) for name in names if before]
        shown = ", ".join(files) or str(pointer.folder.relative_to(root))
        told = _rows(pointer.folder, {name: path for name, (path, _) in before.items()})
    remedy = _REMEDY["version" if pointer.rev and origin == "source" else origin]
    pin = f"{dataset.pointer} of revision {pointer.rev}" if pointer.rev else dataset.pointer
    verb = "differ" if len(files) > 1 else "differs"
    raise DataDifferError(f"{shown} {verb} from {pin}{told}. {remedy}", md5, pointer.md5)


def _pinned_files(
    pointer: Pointer,
    dataset: DatasetConfig,
    root: Path,
    scratch: Path,
    origin: str,
    allowed: tuple[str, ...],
) -> dict[str, tuple[Path, str]]:
    """Find the pinned files, in the cache or rebuilt, since a pointer holds but one hash.

    Returns:
        Path and md5 of each by its name; empty if neither has them.
    """
    listed = cached_files(root, pointer.md5)
    if listed is not None:
        return {name: (cached(root, md5), md5) for name, md5 in listed.items()}
    if origin == "source":
        return {}
    folder = scratch / dataset.name
    with suppress(UserError):
        build(dataset, folder, allowed)
        files = file_md5s(folder)
        if tree_md5(files) == pointer.md5:
            return {name: (folder / name, md5) for name, md5 in files.items()}
    return {}


def _rows(folder: Path, pinned: dict[str, Path]) -> str:
    """Say which rows differ from the pinned ones; nothing if either cannot be read."""
    # NumPy stays out of the quick look at the data's state, which every parse of the DAG takes.
    from startsimple.data.changes import compare
    from startsimple.data.pack import read_split

    try:
        names = [name for name in SPLITS if f"{name}.safetensors" in pinned]
        before = {name: read_split(pinned[f"{name}.safetensors"]).joined() for name in names}
        after = {name: read_split(folder / f"{name}.safetensors").joined() for name in names}
    except UserError:
        return ""
    changes = compare(before, after) if names else None
    return f" ({changes.sentence()})" if changes and any(changes.counts().values()) else ""

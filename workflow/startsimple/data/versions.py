"""Versions of a dataset beside each other, and what changed from one to the next."""

from dataclasses import replace
from pathlib import Path

from startsimple.data.changes import Changes, compare
from startsimple.data.pack import Split, read_split
from startsimple.data.proof import Materialised
from startsimple.data.store import materialise
from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.errors import UserError


def changes_since(dataset: DatasetConfig, root: Path, allowed: tuple[str, ...] = ()) -> Changes:
    """Compare the version of `dataset.rev` with the one that the working tree pins.

    Args:
        dataset: The dataset's config, with its revision.
        root: The repository.
        allowed: Import prefixes of sources that the user allows.

    Returns:
        What was added, removed and relabelled since the revision.

    Raises:
        UserError: If one of the versions cannot be had.
    """
    earlier = materialise(dataset, root, allowed)
    later = materialise(replace(dataset, rev=None), root, allowed)
    return compare(_splits(earlier), _splits(later))


def history(dataset: DatasetConfig, root: Path) -> str:
    """Say in one sentence what changed since `dataset.rev`; nothing without a revision.

    A version that cannot be compared stops no climb: the sentence says why.
    """
    if dataset.rev is None:
        return ""
    try:
        return f"since revision {dataset.rev}: {changes_since(dataset, root).sentence()}"
    except UserError as error:
        return f"not compared with the working tree's version: {error}"


def _splits(data: Materialised) -> dict[str, Split]:
    return {name: read_split(data.file(name)).joined() for name in data.splits}

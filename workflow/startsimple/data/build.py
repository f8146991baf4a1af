"""Runs a dataset's source and packs what it returns."""

import tempfile
from pathlib import Path
from typing import Any, cast

from startsimple.schema.datasets import DatasetConfig
from startsimple.schema.errors import UserError
from startsimple.schema.targets import import_target

# In the order in which people read them; the one in the middle is optional (see data/splits.py).
SPLITS = ("train", "test_val", "test")
REQUIRED = {"train", "test"}


def build(dataset: DatasetConfig, folder: Path, allowed: tuple[str, ...] = ()) -> None:
    """Build a dataset from its source; the folder appears whole or not at all.

    Args:
        dataset: The dataset's config.
        folder: Where its packed splits go; must not exist yet.
        allowed: Import prefixes of sources that the user allows.

    Raises:
        UserError: If the source cannot be imported, fails, or returns something else than a
            dict of splits.
    """
    # NumPy stays out of the quick look at the data's state, which every parse of the DAG takes.
    from startsimple.data.pack import Split, write_split

    target = dataset.source.target
    source: Any = import_target(target, allowed)
    try:
        made = source(**dataset.source.args)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{target} failed with {type(error).__name__}: {error}") from error
    if not isinstance(made, dict) or not REQUIRED <= {*made} <= {*SPLITS}:
        raise UserError(
            f"{target} must return a dict of splits named train and test, and test_val if the "
            "test examples have a distribution of their own."
        )
    with beside(folder) as scratch:
        whole = Path(scratch) / folder.name
        for name, split in cast("dict[str, object]", made).items():
            if not isinstance(split, Split):
                raise UserError(f"{target} must return startsimple.data.pack.Split objects.")
            write_split(whole / f"{name}.safetensors", split)
        whole.replace(folder)


def beside(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a hidden folder beside another, so that renaming one into the other is atomic."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.")

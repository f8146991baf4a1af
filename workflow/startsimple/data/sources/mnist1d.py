"""MNIST-1D, made by its authors' own generator (Greydanus & Kobak, 2020)."""

import random
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from startsimple.data.pack import Split
from startsimple.schema.errors import UserError, nearest


def generate(**overrides: Any) -> dict[str, Split]:
    """Generate the train and test split; nothing is downloaded.

    Args:
        **overrides: Arguments of the generator that differ from the published defaults
            (5,000 examples, 40 points, seed 42, 80 % train).

    Returns:
        Splits "train" and "test"; x has shape (n, length), keys count through both splits.

    Raises:
        UserError: If the generator has no such argument.
    """
    # Imported here, as it pulls in matplotlib and scipy, and only when the data must be rebuilt.
    generator: Any = import_module("mnist1d.data")
    defaults: dict[str, Any] = generator.get_dataset_args(as_dict=True)
    arguments: Any = generator.get_dataset_args()
    for name, value in overrides.items():
        known = sorted(set(defaults) - {"url"})
        if name not in known:
            raise UserError(f"dataset.source.args: no '{name}' in mnist1d. {nearest(name, known)}")
        setattr(arguments, name, value)
    with _global_randomness_kept():
        made: Any = generator.make_dataset(arguments)
    boundary, total = len(made["x"]), len(made["x"]) + len(made["x_test"])
    keys = np.arange(total, dtype=np.int64)
    return {
        "train": _split(made["x"], made["y"], keys[:boundary]),
        "test": _split(made["x_test"], made["y_test"], keys[boundary:]),
    }


def _split(x: Any, y: Any, keys: Any) -> Split:
    return Split(x, y.astype(np.int64), keys, keys)


@contextmanager
def _global_randomness_kept() -> Generator[None]:
    """The generator seeds the global streams of random and numpy: put them back afterwards."""
    python, legacy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)

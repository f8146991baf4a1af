"""MNIST-1D, made by its authors' own generator (Greydanus & Kobak, 2020)."""

import random
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from startsimple.data.pack import Split
from startsimple.data.splits import TEST, TEST_VAL, TRAIN
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
    made = _made(overrides)
    boundary, total = len(made["x"]), len(made["x"]) + len(made["x_test"])
    keys = np.arange(total, dtype=np.int64)
    return {
        TRAIN: _split(made["x"], made["y"], keys[:boundary]),
        TEST: _split(made["x_test"], made["y_test"], keys[boundary:]),
    }


def shifted(test: dict[str, Any], test_examples: int = 1000, **overrides: Any) -> dict[str, Split]:
    """Generate MNIST-1D whose test examples are drawn from another distribution than training.

    Args:
        test: Arguments of the generator that differ from the published defaults for the two
            splits of the test's distribution, such as noise and shear.
        test_examples: Size of each of these two splits.
        **overrides: The same for the train split.

    Returns:
        Splits "train", "test_val" and "test", disjoint draws; keys count through all of them.

    Raises:
        UserError: If the generator has no such argument.
    """
    near = _made({"num_samples": 4000, "train_split": 1.0, **overrides})
    # Another seed: with the published one the shifted draws would be those of training, disturbed.
    drawn = {"seed": 43, "num_samples": 2 * test_examples, "train_split": 0.5, **test}
    far = _made(drawn)
    sizes = [len(near["x"]), len(far["x"]), len(far["x_test"])]
    keys = np.split(np.arange(sum(sizes), dtype=np.int64), np.cumsum(sizes)[:-1])
    return {
        TRAIN: _split(near["x"], near["y"], keys[0]),
        TEST_VAL: _split(far["x"], far["y"], keys[1]),
        TEST: _split(far["x_test"], far["y_test"], keys[2]),
    }


def _made(overrides: dict[str, Any]) -> dict[str, Any]:
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
        return generator.make_dataset(arguments)


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

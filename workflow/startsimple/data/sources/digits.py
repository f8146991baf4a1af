"""Scikit-learn's digits: 1,797 images of 8 x 8 pixels, read as vectors of 64 values."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from startsimple.data.pack import Split
from startsimple.data.splits import TEST, TEST_VAL, TRAIN, stratified
from startsimple.data.targets import Integers
from startsimple.schema.seeds import derive

_SIDE, _WHITE = 8, 16.0


def load(test_examples: int = 360, seed: int = 0) -> dict[str, Split]:
    """Load the digits that ship with scikit-learn and split them, stratified by class.

    Args:
        test_examples: Size of the test split; the set has no published one.
        seed: Seed of the split.

    Returns:
        Splits "train" (1,437) and "test" (360); x has shape (n, 64) with values 0 to 16, keys
        are scikit-learn's row numbers.
    """
    x, y = _bundle()
    keys = np.arange(len(y), dtype=np.int64)
    test = stratified(y, keys, test_examples, seed)
    train = np.setdiff1d(keys, test)
    return {
        TRAIN: Split(x[train], y[train], train, train),
        TEST: Split(x[test], y[test], test, test),
    }


def shifted(
    slant: float = 0.15, noise: float = 0.2, test_examples: int = 300, seed: int = 0
) -> dict[str, Split]:
    """Load the digits with slanted test images of uneven ink: what another hand might deliver.

    Args:
        slant: Pixels by which a row moves sideways for each row that it lies above the middle.
        noise: Standard deviation of the ink's strength from pixel to pixel, relative to it.
        test_examples: Size of each of the two splits of the test's distribution.
        seed: Seed of the splits and of the noise.

    Returns:
        Splits "train" (1,197 untouched images), "test_val" (300) and "test" (300), disjoint.
    """
    x, y = _bundle()
    keys = np.arange(len(y), dtype=np.int64)
    held = stratified(y, keys, 2 * test_examples, seed)
    first = stratified(y[held], held, test_examples, seed + 1)
    train, test_val = np.setdiff1d(keys, held), held[first]
    test = np.setdiff1d(held, test_val)
    splits = {TRAIN: Split(x[train], y[train], train, train)}
    for name, rows in ((TEST_VAL, test_val), (TEST, test)):
        splits[name] = Split(_disturbed(x[rows], rows, slant, noise, seed), y[rows], rows, rows)
    return splits


def _bundle() -> tuple[Any, Integers]:
    # Imported here, as it takes seconds, and only when the data must be rebuilt.
    datasets: Any = import_module("sklearn.datasets")
    bundle = datasets.load_digits()
    return bundle.data, bundle.target.astype(np.int64)


def _disturbed(
    x: NDArray[np.float64], keys: Integers, slant: float, noise: float, seed: int
) -> Any:
    """Slant images and vary their ink as each image's key decides, whatever split it is in."""
    images = x.reshape(-1, _SIDE, _SIDE)
    columns, middle = np.arange(_SIDE), (_SIDE - 1) / 2
    slanted = np.empty_like(images)
    for line in range(_SIDE):
        source = columns - slant * (middle - line)
        for image, target in zip(images[:, line], slanted[:, line], strict=True):
            target[:] = np.interp(source, columns, image, left=0.0, right=0.0)
    for image, key in zip(slanted, keys, strict=True):
        generator = np.random.default_rng(derive(seed, "ink", int(key)))
        image *= 1 + noise * generator.standard_normal(image.shape)
    return np.clip(slanted, 0.0, _WHITE).reshape(len(x), -1)

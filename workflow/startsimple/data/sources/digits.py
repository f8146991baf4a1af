"""Scikit-learn's digits: 1,797 images of 8 x 8 pixels, read as vectors of 64 values."""

from importlib import import_module
from typing import Any

import numpy as np

from startsimple.data.pack import Split
from startsimple.data.splits import stratified


def load(test_examples: int = 360, seed: int = 0) -> dict[str, Split]:
    """Load the digits that ship with scikit-learn and split them, stratified by class.

    Args:
        test_examples: Size of the test split; the set has no published one.
        seed: Seed of the split.

    Returns:
        Splits "train" (1,437) and "test" (360); x has shape (n, 64) with values 0 to 16, keys
        are scikit-learn's row numbers.
    """
    # Imported here, as it takes seconds, and only when the data must be rebuilt.
    datasets: Any = import_module("sklearn.datasets")
    bundle = datasets.load_digits()
    x, y = bundle.data, bundle.target.astype(np.int64)
    keys = np.arange(len(y), dtype=np.int64)
    test = stratified(y, keys, test_examples, seed)
    train = np.setdiff1d(keys, test)
    return {
        "train": Split(x[train], y[train], train, train),
        "test": Split(x[test], y[test], test, test),
    }

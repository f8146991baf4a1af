"""Scikit-learn's diabetes: ten measurements of 442 patients, and the disease a year later."""

from importlib import import_module
from typing import Any

import numpy as np

from startsimple.data.pack import Split
from startsimple.data.splits import stratified


def load(test_examples: int = 88, seed: int = 0) -> dict[str, Split]:
    """Load the data that ship with scikit-learn, in their own units, and split them.

    Args:
        test_examples: Size of the test split; the set has no published one.
        seed: Seed of the split, which keeps the share of every tenth of the targets.

    Returns:
        Splits "train" (354) and "test" (88); x has shape (n, 10), y runs from 25 to 346, keys
        are scikit-learn's row numbers.
    """
    # Imported here, as it takes seconds, and only when the data must be rebuilt.
    datasets: Any = import_module("sklearn.datasets")
    bundle = datasets.load_diabetes(scaled=False)
    x, y = bundle.data.astype(np.float32), bundle.target.astype(np.float32)
    keys = np.arange(len(y), dtype=np.int64)
    test = stratified(y, keys, test_examples, seed)
    train = np.setdiff1d(keys, test)
    return {
        "train": Split(x[train], y[train], train, train),
        "test": Split(x[test], y[test], test, test),
    }

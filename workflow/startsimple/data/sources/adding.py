"""The adding problem (Hochreiter & Schmidhuber, 1997): a sequence task whose answer is known."""

import numpy as np

from startsimple.data.pack import Split, quantise
from startsimple.data.targets import Floats, Targets


def generate(
    length: int = 20, train_examples: int = 10000, test_examples: int = 2000, seed: int = 0
) -> dict[str, Split]:
    """Draw sequences of numbers of which two are marked; the target is the sum of these two.

    One number of each half is marked, so that the answer to the last one has to wait for the
    first one. Both are uniform between 0 and 1: answering 1 always leaves a mean squared error
    of 1/6, and nothing better is possible without remembering.

    Args:
        length: Numbers in a sequence, at least 2.
        train_examples: Size of the train split.
        test_examples: Size of the test split.
        seed: Seed of every number.

    Returns:
        Splits "train" and "test"; x has shape (n, 2, length): the numbers, and their marks.
    """
    generator = np.random.default_rng(seed)
    total, half = train_examples + test_examples, length // 2
    numbers = quantise(generator.random((total, length)))
    marks = np.zeros_like(numbers)
    rows = np.arange(total)
    marks[rows, generator.integers(0, half, total)] = 1
    marks[rows, generator.integers(half, length, total)] = 1
    x = np.stack([numbers, marks], axis=1)
    y = solve(x, np.empty(0, dtype=np.float32), x)
    parts = {"train": rows[:train_examples], "test": rows[train_examples:]}
    return {name: Split(x[part], y[part], part, part) for name, part in parts.items()}


def solve(x: Floats, y: Targets, queries: Floats) -> Targets:
    """Answer by the definition of the task: the oracle of the simplified problem.

    Args:
        x: Not needed; an oracle is given training inputs.
        y: Not needed.
        queries: Inputs as stored, shape (n, 2, length).

    Returns:
        The sum of the marked numbers, float32, shape (n,).
    """
    return (queries[:, 0] * queries[:, 1]).sum(1).astype(np.float32)

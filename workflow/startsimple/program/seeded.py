"""Random streams lent for a while: what runs inside is repeatable, and outside nothing changes."""

import random
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import torch

_NUMPY_SEEDS = 2**32


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Seed the global streams of Python, numpy and torch, and put them back afterwards.

    Args:
        seed: A non-negative integer below 2**63.
    """
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():  # pyright: ignore[reportUnknownMemberType]
        torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
        random.seed(seed)
        np.random.seed(seed % _NUMPY_SEEDS)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)

"""Which sources of chance a script draws from that it has not seeded."""

import pickle
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch

from startsimple.program.aside import patch

# Python's own `random` is drawn from by libraries, too, for what changes no result.
STATES: dict[str, Callable[[], bytes]] = {
    "torch": lambda: torch.get_rng_state().numpy().tobytes(),
    "numpy": lambda: pickle.dumps(np.random.get_state()),
}
SEEDING: dict[str, list[tuple[Any, str]]] = {
    "torch": [(torch, "manual_seed"), (torch.random, "manual_seed"), (torch, "set_rng_state")],
    "numpy": [(np.random, "seed"), (np.random, "set_state")],
}


class Unseeded:
    """Compares each source's state with that of the start until the script seeds it.

    Attributes:
        sources: Names of the sources that were drawn from unseeded, in order.
    """

    def __init__(self) -> None:
        self._start = {name: state() for name, state in STATES.items()}
        self._seeded = set[str]()
        self._loose = set[str]()

    def watch(self, stack: ExitStack) -> None:
        """Note seeding, and numpy generators built without a seed, until the stack is left."""
        for name, places in SEEDING.items():
            for owner, attribute in places:
                patch(stack, owner, attribute, self._noting(name))
        patch(stack, np.random, "default_rng", self._wrap_generator)

    @property
    def sources(self) -> list[str]:
        """Names of the sources that were drawn from without a seed."""
        for name in STATES:
            self._look(name)
        return sorted(self._loose)

    def _look(self, name: str) -> None:
        if name not in self._seeded and STATES[name]() != self._start[name]:
            self._loose.add(name)

    def _noting(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            def seed(*args: Any, **kwargs: Any) -> Any:
                self._look(name)
                # Numpy seeds itself from the clock where it is given no number.
                if args or kwargs:
                    self._seeded.add(name)
                return original(*args, **kwargs)

            return seed

        return wrap

    def _wrap_generator(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def build(seed: Any = None) -> Any:
            frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
            if seed is None and "site-packages" not in frame.f_code.co_filename:
                self._loose.add("numpy")
            return original(seed)

        return build

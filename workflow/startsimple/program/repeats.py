"""Whether a program built twice from one seed is the same program, and whether it can be."""

import random
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

from startsimple.program.lightning import LightningProgram
from startsimple.program.loaders import loaders_of
from startsimple.program.modules import draw
from startsimple.program.script import observe_script
from startsimple.program.spy import tensors_in
from startsimple.program.standin import set_up
from startsimple.program.trainer import planned

FIXED = 0
FIRST_STEPS, FIRST_SECONDS = 5, 10.0


def runs_repeat(make: Callable[[], tuple[Any, Any]]) -> bool:
    """Build a program twice from one seed; return whether weights, batches and losses agree.

    Args:
        make: Builds a fresh (module, data).

    Returns:
        False if anything differs.
    """
    prints: list[list[bytes]] = []
    for _ in range(2):
        draw([], 0)
        module, data = make()
        loaders = loaders_of(module, data)
        plan, _ = planned(module, data, loaders.train, loaders.val)
        set_up(module, plan)
        batches = draw(loaders.train, 2)
        program = LightningProgram(module, batches, [], plan)
        draw([], 0)
        tensors = [p.detach() for p in program.model.parameters()]
        tensors += tensors_in(batches)
        with torch.no_grad():
            tensors += [program.step(batch).loss for batch in batches]
        prints.append([t.contiguous().cpu().numpy().tobytes() for t in tensors])
    return prints[0] == prints[1]


def script_repeats(path: Path, argv: Sequence[str]) -> bool:
    """Run a script's first steps twice with every source of chance seeded; say whether they agree.

    Args:
        path: The script.
        argv: Its arguments.

    Returns:
        True if all losses are equal, and there are some.
    """
    losses = list[list[float]]()
    for _ in range(2):
        draw([], FIXED)
        with sources_seeded():
            _, trace = observe_script(path, argv, FIRST_SECONDS, FIRST_STEPS)
        losses.append(trace.losses)
    return bool(losses[0]) and losses[0] == losses[1]


_RandomState = np.random.RandomState


class _Seeded(torch.Generator):
    """A generator that starts from the fixed seed, and goes back to it instead of to the clock."""

    def __init__(self, device: Any = "cpu") -> None:
        super().__init__()
        self.manual_seed(FIXED)

    def seed(self) -> int:
        """Seed from the fixed number."""
        self.manual_seed(FIXED)
        return FIXED


class _AnyState(type):
    """Takes numpy's own global generator, built before, for an instance, too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _RandomState)


class _SeededState(np.random.RandomState, metaclass=_AnyState):
    """Numpy's older generator, likewise; a class, as libraries ask for its instances."""

    def __init__(self, seed: Any = None) -> None:
        super().__init__(FIXED)

    def seed(self, seed: Any = None) -> None:
        """Seed from the fixed number."""
        super().seed(FIXED)


def _seeding(seed: Callable[[int], Any]) -> Callable[..., Any]:
    """Return a function that calls another with the fixed seed, whatever it is given."""

    def fixed(*given: Any, **named: Any) -> Any:
        return seed(FIXED)

    return fixed


@contextmanager
def sources_seeded() -> Generator[None]:
    """Seed every source of chance that a program asks for from one fixed number."""
    changed: list[tuple[Any, str, Any]] = [
        (torch, "seed", _seeding(torch.manual_seed)),
        (torch, "manual_seed", _seeding(torch.manual_seed)),
        (torch, "Generator", _Seeded),
        (np.random, "seed", _seeding(np.random.seed)),
        (np.random, "default_rng", _seeding(np.random.default_rng)),
        (np.random, "RandomState", _SeededState),
        (random, "seed", _seeding(random.seed)),
    ]
    with ExitStack() as stack:
        for owner, name, replacement in changed:
            stack.enter_context(mock.patch.object(owner, name, replacement))
        yield

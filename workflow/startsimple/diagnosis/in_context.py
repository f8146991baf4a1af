"""A program whose own code runs in contexts that mend it."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor

from startsimple.diagnosis.mending import Mode
from startsimple.program.program import Program
from startsimple.program.subject import Batch, Step


@contextmanager
def entered(modes: Sequence[Mode]) -> Generator[None]:
    """Run what is inside in all of the contexts."""
    with ExitStack() as stack:
        for mode in modes:
            stack.enter_context(mode())
        yield


class InContext:
    """A program whose own code runs in contexts, and is itself in all else."""

    def __init__(self, program: Program, modes: Sequence[Mode]) -> None:
        self.program, self.modes = program, modes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.program, name)

    def fork(self) -> "InContext":
        """Return a copy that runs in the same contexts."""
        return InContext(self.program.fork(), self.modes)

    def step(self, batch: Batch, *, train: bool = True) -> Step:
        """Run the program's step in its contexts."""
        with entered(self.modes):
            return self.program.step(batch, train=train)

    def predict(self, batch: Batch) -> Tensor:
        """Run the program's model in its contexts."""
        with entered(self.modes):
            return self.program.predict(batch)

"""What the diagnosis needs of a subject beyond the protocol that probes use."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from startsimple.program.subject import Batch, Subject


class Program(Subject, Protocol):
    """A subject whose training can be run again with parts of it swapped.

    Attributes:
        clip: Limit of the gradient's norm that the program applies, or None.
        stops: Whether a training step runs a network without gradients beside others, on purpose.
        derived: Whether the loss compares something made from several outputs, not the output.
        several: Whether a network takes more than one tensor.
    """

    clip: float | None
    stops: bool
    derived: bool
    several: bool

    def fork(self) -> "Program":
        """Return a deep copy at the same weights."""
        ...

    def entries(self) -> list[nn.Module]:
        """Return the modules that the program calls first with its inputs."""
        ...

    def predict(self, batch: Batch) -> Tensor:
        """Run the model on a batch, in whatever mode it is in; return its first output."""
        ...

    def pair(self, batch: Batch) -> tuple[Tensor | None, Tensor | None]:
        """Return the model's output on a batch and what the loss compares it with."""
        ...

    def with_targets(self, batch: Batch, targets: Tensor) -> Batch:
        """Return the batch with its targets replaced."""
        ...

    def regroup(self, batches: Sequence[Batch], *, rows: int | None, seed: int) -> list[Batch]:
        """Return the rows of all batches in random order, in batches of `rows` each."""
        ...

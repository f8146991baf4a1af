"""A trace of the weights that is cheap enough to keep: one number per parameter and step."""

import torch
from torch import Tensor, nn

_INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class BitTrace:
    """The sum of each parameter's bits after every step, modulo 2**32.

    One changed bit changes its parameter's sum, so two runs that differ do so first at a known
    step and parameter. It takes no part in training, and costs a few percent of a small step.
    """

    def __init__(self, model: nn.Module, steps: int) -> None:
        """Prepare a trace.

        Args:
            model: What is trained in place.
            steps: Steps at most.
        """
        parameters = dict(model.named_parameters())
        self.names = list(parameters)
        self._bits = [
            value.detach().view(_INTEGERS.get(value.element_size(), torch.int64))
            for value in parameters.values()
        ]
        device = self._bits[0].device if self._bits else torch.device("cpu")
        self._sums = torch.zeros(steps, len(self._bits), dtype=torch.int64, device=device)

    def note(self, step: int) -> None:
        """Sum the bits as they are after a step, counted from 0."""
        for column, bits in enumerate(self._bits):
            self._sums[step, column] = bits.sum(dtype=torch.int64)

    def kept(self, steps: int) -> Tensor:
        """Return the sums of the first steps, int32 of shape (steps, parameters), on the CPU."""
        return self._sums[:steps].to(torch.int32).cpu()

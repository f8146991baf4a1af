"""Logistic regression: the simplest classifier that looks at its input."""

import math

from torch import Tensor, nn


class Linear(nn.Module):
    """One linear layer on the flattened input.

    Args:
        input_shape: Shape of one example, without the batch axis.
        outputs: Number of logits.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        self.head = nn.Linear(math.prod(input_shape), outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        return self.head(inputs.flatten(1))

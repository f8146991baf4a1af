"""The fully connected network with ReLU: the default where an input has no known structure."""

import math

from torch import Tensor, nn

from startsimple.program.models.norm import norm_layers
from startsimple.schema.errors import UserError


class Mlp(nn.Module):
    """Fully connected layers of equal width, with ReLU.

    With depth 2 and `residual`, this is the MLP of the MNIST-1D paper: the second hidden layer
    adds to the first one's output.

    Args:
        input_shape: Shape of one example, without the batch axis.
        outputs: Number of logits.
        hidden: Units of each hidden layer.
        depth: Number of hidden layers.
        residual: Every hidden layer after the first adds to its own input.
        norm: Normalisation between a hidden layer and its ReLU: none or batch.

    Raises:
        UserError: If hidden or depth is below 1, or the norm is unknown.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        hidden: int = 128,
        depth: int = 1,
        residual: bool = False,
        norm: str = "none",
    ) -> None:
        super().__init__()
        if hidden < 1 or depth < 1:
            raise UserError(
                f"model.hidden={hidden} and model.depth={depth} must be at least 1: "
                "choose model=linear for a network without hidden layers."
            )
        self.residual = residual
        self.first = _layer(math.prod(input_shape), hidden, norm)
        self.deeper = nn.ModuleList(_layer(hidden, hidden, norm) for _ in range(depth - 1))
        self.head = nn.Linear(hidden, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        features = self.first(inputs.flatten(1)).relu()
        for layer in self.deeper:
            update = layer(features).relu()
            features = features + update if self.residual else update
        return self.head(features)


def _layer(inputs: int, hidden: int, norm: str) -> nn.Module:
    layer, following = nn.Linear(inputs, hidden), norm_layers(norm, hidden, 0)
    return nn.Sequential(layer, *following) if following else layer

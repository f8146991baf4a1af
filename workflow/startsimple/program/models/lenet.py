"""The LeNet-like network: the default for images."""

from collections.abc import Sequence

from torch import Tensor, nn

from startsimple.program.models.norm import norm_layers
from startsimple.program.models.shapes import image
from startsimple.schema.errors import UserError


class LeNet(nn.Module):
    """Convolutions of 5 x 5 with ReLU and 2 x 2 max pooling, then one hidden linear layer.

    Unlike LeNet-5 it has ReLU for tanh, and padding, so that small images keep their borders.

    Args:
        input_shape: Shape of one example: (height, width) or (channels, height, width).
        outputs: Number of logits.
        channels: Channels of each convolution, in order.
        hidden: Units of the hidden linear layer.
        norm: Normalisation between a convolution and its ReLU: none or batch.

    Raises:
        UserError: If an example is no image, or too small to be halved so often, or the norm is
            unknown.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        channels: Sequence[int] = (6, 16),
        hidden: int = 120,
        norm: str = "none",
    ) -> None:
        super().__init__()
        depth, height, width = self.shape = image(input_shape, "lenet")
        layers: list[nn.Module] = []
        for count in channels:
            convolution = nn.Conv2d(depth, count, 5, padding=2)
            layers += [convolution, *norm_layers(norm, count, 2), nn.ReLU(), nn.MaxPool2d(2)]
            depth, height, width = count, height // 2, width // 2
        if min(height, width) < 1:
            raise UserError(
                f"Images of shape {input_shape} are too small for {len(channels)} poolings: "
                "take fewer model.channels."
            )
        self.features = nn.Sequential(*layers)
        self.hidden = nn.Linear(depth * height * width, hidden)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        features = self.features(inputs.reshape(-1, *self.shape)).flatten(1)
        return self.head(self.hidden(features).relu())

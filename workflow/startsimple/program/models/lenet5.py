"""LeNet-5 (LeCun, Bottou, Bengio & Haffner, 1998), with ReLU and max pooling."""

from torch import Tensor, nn

from startsimple.program.models.shapes import image
from startsimple.schema.errors import UserError


class LeNet5(nn.Module):
    """Two convolutions of 5 x 5, each halved by pooling, then 120, 84 and the outputs.

    Against the paper it has ReLU for the scaled tanh, max pooling for trained averaging, all
    maps connected, and a linear output for the radial basis functions.

    Args:
        input_shape: Shape of one example: (height, width) or (channels, height, width).
        outputs: Number of logits.
        padding: Zeros around the image; 2 makes 28 x 28 the paper's 32 x 32.

    Raises:
        UserError: If an example is no image, or too small.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, padding: int = 2) -> None:
        super().__init__()
        depth, height, width = self.shape = image(input_shape, "lenet5")
        left = [((side + 2 * padding - 4) // 2 - 4) // 2 for side in (height, width)]
        if min(left) < 1:
            raise UserError(
                f"Images of shape {input_shape} are too small for model=lenet5 with padding "
                f"{padding}: raise model.padding, or choose model=lenet."
            )
        self.features = nn.Sequential(
            nn.Conv2d(depth, 6, 5, padding=padding),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.hidden = nn.Sequential(
            nn.Linear(16 * left[0] * left[1], 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()
        )
        self.head = nn.Linear(84, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        features = self.features(inputs.reshape(-1, *self.shape)).flatten(1)
        return self.head(self.hidden(features))

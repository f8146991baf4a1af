"""Temporal convolutions: the default for sequences."""

from collections.abc import Sequence

from torch import Tensor, nn

from startsimple.program.models.norm import norm_layers
from startsimple.program.models.shapes import sequence
from startsimple.schema.errors import UserError


class Cnn1d(nn.Module):
    """1-d convolutions with ReLU and one linear layer on all their outputs.

    The defaults are the CNN of the MNIST-1D paper.

    Args:
        input_shape: Shape of one example: (length,) or (channels, length).
        outputs: Number of logits.
        channels: Channels of every convolution.
        kernels: Kernel size of each convolution, in order.
        stride: Stride of every convolution.
        padding: Zeros added at either end before every convolution.
        norm: Normalisation between a convolution and its ReLU: none or batch.

    Raises:
        UserError: If an example is no sequence, or too short for the convolutions, or the norm
            is unknown.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        channels: int = 25,
        kernels: Sequence[int] = (5, 3, 3),
        stride: int = 2,
        padding: int = 1,
        norm: str = "none",
    ) -> None:
        super().__init__()
        width, length = sequence(input_shape, "cnn1d")
        self.shape = (width, length)
        layers: list[nn.Module] = []
        for kernel in kernels:
            convolution = nn.Conv1d(width, channels, kernel, stride, padding)
            layers += [convolution, *norm_layers(norm, channels, 1), nn.ReLU()]
            width, length = channels, (length + 2 * padding - kernel) // stride + 1
            if length < 1:
                raise UserError(
                    f"model.kernels={list(kernels)} with stride {stride} leave nothing of a "
                    f"sequence of shape {input_shape}: take fewer or smaller kernels."
                )
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(width * length, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        return self.head(self.features(inputs.reshape(-1, *self.shape)).flatten(1))

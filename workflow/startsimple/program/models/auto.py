"""Pick the lecture's default network by what an example looks like (method, section 5)."""

from torch import nn

from startsimple.program.models.cnn1d import Cnn1d
from startsimple.program.models.lenet import LeNet
from startsimple.program.models.mlp import Mlp
from startsimple.schema.errors import UserError, nearest

_DEFAULTS: dict[str, type[nn.Module]] = {"image": LeNet, "sequence": Cnn1d, "vector": Mlp}


def build(input_shape: tuple[int, ...], outputs: int, input: str) -> nn.Module:
    """Build the default network for an input type.

    Args:
        input_shape: Shape of one example, without the batch axis.
        outputs: Number of logits.
        input: The dataset's input type: image, sequence or vector.

    Returns:
        LeNet-like for images, temporal convolutions for sequences, else one hidden layer.

    Raises:
        UserError: If the input type is unknown.
    """
    if input not in _DEFAULTS:
        raise UserError(f"dataset.input='{input}' is unknown. {nearest(input, _DEFAULTS)}")
    return _DEFAULTS[input](input_shape, outputs)

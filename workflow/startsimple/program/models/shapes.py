"""Read an example's shape as a network needs it, or say in one sentence why it does not fit."""

from startsimple.schema.errors import UserError


def sequence(input_shape: tuple[int, ...], model: str) -> tuple[int, int]:
    """Return (channels, length) of a sequence.

    Args:
        input_shape: Shape of one example: (length,) or (channels, length).
        model: Name of the network, for the message.

    Raises:
        UserError: If an example is no sequence.
    """
    if len(input_shape) == 1:
        return 1, input_shape[0]
    if len(input_shape) == 2:
        return input_shape[0], input_shape[1]
    raise UserError(
        f"model={model} takes sequences of shape (length,) or (channels, length), not "
        f"{input_shape}: choose model=lenet for images or model=auto."
    )


def image(input_shape: tuple[int, ...], model: str) -> tuple[int, int, int]:
    """Return (channels, height, width) of an image.

    Args:
        input_shape: Shape of one example: (height, width) or (channels, height, width).
        model: Name of the network, for the message.

    Raises:
        UserError: If an example is no image.
    """
    if len(input_shape) == 2:
        return 1, input_shape[0], input_shape[1]
    if len(input_shape) == 3:
        return input_shape[0], input_shape[1], input_shape[2]
    raise UserError(
        f"model={model} takes images of shape (height, width) or (channels, height, width), not "
        f"{input_shape}: choose model=mlp for vectors, model=cnn1d for sequences, or model=auto."
    )

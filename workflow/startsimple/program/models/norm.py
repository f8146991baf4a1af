"""The normalisation layer that a network's `norm` names."""

from torch import nn

from startsimple.schema.errors import UserError, nearest

_BATCH: dict[int, type[nn.Module]] = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d}
NORMS = ("none", "batch")


def norm_layers(norm: str, features: int, dimensions: int) -> list[nn.Module]:
    """Return what follows a linear or convolutional layer and precedes its ReLU.

    Args:
        norm: none or batch; the default models have none (method, section 5).
        features: Units, or channels.
        dimensions: Axes behind the features: 0, 1 for sequences, 2 for images.

    Returns:
        One layer, or nothing.

    Raises:
        UserError: If the name is unknown.
    """
    if norm not in NORMS:
        raise UserError(f"model.norm='{norm}' is unknown. {nearest(norm, NORMS)}")
    return [] if norm == "none" else [_BATCH[dimensions](features)]

"""Families of torch layers, by how they behave in training, and which modules hold parameters."""

from torch import nn

DROPOUTS = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
# Layers that may keep running statistics.
NORMS = (*BATCH_NORMS, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)


def has_parameters(module: nn.Module) -> bool:
    """Return whether a module, or one inside it, holds parameters (losses and ReLUs do not)."""
    return next(module.parameters(), None) is not None

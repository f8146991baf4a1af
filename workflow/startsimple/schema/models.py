"""Typed keys of every network that a config can name."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class ModelConfig:
    """A network: `_target_` is called with (input_shape, outputs) and the remaining keys.

    Attributes:
        init: Weight initialisation: he, glorot, or torch for the layers' own default.
    """

    _target_: str = MISSING
    init: str = "he"


@dataclass
class AutoModel(ModelConfig):
    """The lecture's default for the dataset's input type (method, section 5)."""

    _target_: str = "startsimple.program.models.auto.build"


@dataclass
class LinearModel(ModelConfig):
    """Logistic regression: one linear layer."""

    _target_: str = "startsimple.program.models.linear.Linear"


@dataclass
class MlpModel(ModelConfig):
    """Fully connected network with ReLU."""

    _target_: str = "startsimple.program.models.mlp.Mlp"
    hidden: int = 128
    depth: int = 1
    residual: bool = False
    norm: str = "none"


@dataclass
class Cnn1dModel(ModelConfig):
    """Temporal convolutions with ReLU and one linear layer."""

    _target_: str = "startsimple.program.models.cnn1d.Cnn1d"
    channels: int = 25
    kernels: list[int] = field(default_factory=lambda: [5, 3, 3])
    stride: int = 2
    padding: int = 1
    norm: str = "none"


@dataclass
class RecurrentModel(ModelConfig):
    """One recurrent layer, and a linear layer on its outputs at all positions or the last one."""

    _target_: str = "startsimple.program.models.recurrent.Recurrent"
    init: str = "glorot"
    cell: str = "lstm"
    hidden: int = 64
    bidirectional: bool = False
    readout: str = "all"


@dataclass
class LeNetModel(ModelConfig):
    """LeNet-like convolutional network for images, with ReLU."""

    _target_: str = "startsimple.program.models.lenet.LeNet"
    channels: list[int] = field(default_factory=lambda: [6, 16])
    hidden: int = 120
    norm: str = "none"


@dataclass
class LeNet5Model(ModelConfig):
    """LeNet-5 with ReLU and max pooling, for images of 28 x 28; padding 2 makes them 32 x 32."""

    _target_: str = "startsimple.program.models.lenet5.LeNet5"
    padding: int = 2


@dataclass
class ImportedModel(ModelConfig):
    """A network of the user's own, by its import path."""

    args: dict[str, Any] = field(default_factory=dict[str, Any])

"""Reference networks to compare a model with, layer by layer (B-07).

Each is written down from its paper, with its sizes as numbers, and shares no code with the model
that it is held against: a mistake in one is not repeated in the other.
"""

from collections import OrderedDict

from torch import nn


def lenet5() -> nn.Module:
    """Return LeNet-5 for MNIST: inputs (batch, 1, 28, 28), ten outputs.

    Layers and sizes are those of section II.B of LeCun et al. (1998); ReLU, max pooling, full
    connections of C3 and a linear output stand for what today's implementations leave out.
    """
    return nn.Sequential(
        OrderedDict(
            pad=nn.ZeroPad2d(2),
            c1=nn.Conv2d(1, 6, kernel_size=5),
            c1_relu=nn.ReLU(),
            s2=nn.MaxPool2d(kernel_size=2, stride=2),
            c3=nn.Conv2d(6, 16, kernel_size=5),
            c3_relu=nn.ReLU(),
            s4=nn.MaxPool2d(kernel_size=2, stride=2),
            c5=nn.Conv2d(16, 120, kernel_size=5),
            c5_relu=nn.ReLU(),
            flat=nn.Flatten(),
            f6=nn.Linear(120, 84),
            f6_relu=nn.ReLU(),
            output=nn.Linear(84, 10),
        )
    )

"""Faults of the program's own loading code: scales, types, order and augmentation."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from startsimple.data.pack import Split
from startsimple.program.faults.injector import Injector
from startsimple.schema.errors import UserError


class Unnormalised(Injector):
    """D01: inputs arrive on the scale of bytes.

    Args:
        mean: Their mean.
        spread: Their standard deviation.
    """

    def __init__(self, mean: float = 128.0, spread: float = 42.0) -> None:
        self.mean, self.spread = mean, spread

    def data(self, split: Split) -> Split:
        """Undo the standardisation."""
        return replace(split, x=split.x * np.float32(self.spread) + np.float32(self.mean))


class ScaledAgain(Injector):
    """D02: standardised inputs are divided like bytes.

    Args:
        divisor: What they are divided by.
    """

    def __init__(self, divisor: float = 255.0) -> None:
        self.divisor = divisor

    def data(self, split: Split) -> Split:
        """Divide the inputs."""
        return replace(split, x=split.x / np.float32(self.divisor))


class UnscaledTargets(Injector):
    """D03: a regression's targets keep the scale of their own unit.

    Args:
        mean: Their mean.
        spread: Their standard deviation.
    """

    task = "regression"

    def __init__(self, mean: float = 5000.0, spread: float = 1000.0) -> None:
        self.mean, self.spread = mean, spread

    def data(self, split: Split) -> Split:
        """Undo the standardisation of the targets."""
        return replace(split, y=split.y * np.float32(self.spread) + np.float32(self.mean))


class Augmented(Injector):
    """D13: noise that drowns the signal is added to every training batch.

    Args:
        noise: Its standard deviation, in units of the inputs'.
    """

    def __init__(self, noise: float = 4.0) -> None:
        self.noise = noise

    def batch(self, inputs: Tensor, index: int) -> Tensor:
        """Add fresh noise, drawn from the run's own stream."""
        return inputs + self.noise * torch.randn(inputs.shape).to(inputs.device)


class AugmentedValidation(Injector):
    """D14: the random transform of training runs over what is evaluated on, too.

    Args:
        noise: Standard deviation of the noise, in units of the inputs'.
    """

    def __init__(self, noise: float = 1.0) -> None:
        self.noise = noise

    def evaluated(self, inputs: Tensor) -> Tensor:
        """Add fresh noise at each look."""
        return inputs + self.noise * torch.randn(inputs.shape).to(inputs.device)


class SortedByTarget(Injector):
    """D15: training examples come class by class, in every epoch alike."""

    def order(self, order: Tensor, targets: Tensor) -> Tensor:
        """Replace the random order."""
        return targets.argsort(stable=True)


class ChannelsLast(Injector):
    """D16: inputs with their channels last are read as if these came first."""

    def data(self, split: Split) -> Split:
        """Move the channels behind the positions, and keep the shape that the network expects.

        Raises:
            UserError: If examples have no channels to be taken for something else.
        """
        if split.x.ndim < 3 or split.x.shape[1] == 1:
            raise UserError(
                "Fault D16 needs inputs with several channels: choose experiment adding20_lstm "
                "or adding50_lstm."
            )
        last = np.moveaxis(split.x, 1, -1)
        return replace(split, x=np.ascontiguousarray(last).reshape(split.x.shape))


class SameNoiseInAllWorkers(Injector):
    """D17: workers were forked with one random state, so that each draws the others' noise.

    Args:
        workers: Batches in a row that get the same noise.
        noise: Its standard deviation, in units of the inputs'.
    """

    def __init__(self, workers: int = 4, noise: float = 0.3) -> None:
        self.workers, self.noise = workers, noise

    def batch(self, inputs: Tensor, index: int) -> Tensor:
        """Add noise that starts again with every epoch, and is drawn once for all workers."""
        source = torch.Generator().manual_seed(index // self.workers)
        return inputs + self.noise * torch.randn(inputs.shape, generator=source).to(inputs.device)


class Truncated(Injector):
    """D18: standardised inputs pass through an integer type."""

    def data(self, split: Split) -> Split:
        """Cut off whatever is behind the point."""
        return replace(split, x=split.x.astype(np.int8).astype(np.float32))


class NoValidation(Injector):
    """O15: nothing is held out."""

    def held_out(self, split: Split) -> Split:
        """Return no examples."""
        return split.take(np.arange(0))

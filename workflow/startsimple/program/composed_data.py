"""Both splits in memory, as the loaders that a composed program is trained and scored with."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from startsimple.data.pack import Split
from startsimple.program.faults.injector import NONE, Injector
from startsimple.schema.errors import UserError
from startsimple.schema.seeds import derive

Pair = tuple[Tensor, Tensor]


class ComposedData:
    """Tensors in memory, behind the methods of a LightningDataModule.

    Args:
        train: Standardised training split.
        val: Standardised validation split.
        batch_size: Examples per training batch.
        seed: Decides the order of the training batches.
        device: Where the tensors are kept.
        faults: What is wrong with order and batches on purpose.

    Raises:
        UserError: If a batch is larger than the training split.
    """

    def __init__(
        self,
        train: Split,
        val: Split,
        batch_size: int,
        seed: int,
        device: torch.device,
        faults: Injector = NONE,
    ) -> None:
        if not 1 <= batch_size <= len(train.x):
            raise UserError(
                f"training.batch_size={batch_size} does not fit the {len(train.x)} training "
                f"examples: set it to a number from 1 to {len(train.x)}."
            )
        self.train, self.val = _tensors(train, device), _tensors(val, device)
        self.batch_size, self.seed, self.faults = batch_size, seed, faults

    def train_dataloader(self) -> "Loader":
        """Return the training batches; every pass over them is the next epoch's order."""
        return Loader(self.train_epoch)

    def val_dataloader(self) -> "Loader":
        """Return the whole validation split in its own order, the partial last batch included."""
        return Loader(self._val_epoch)

    def train_epoch(self, epoch: int) -> Iterator[Pair]:
        """Yield one epoch of full batches; the order depends on seed and epoch alone."""
        inputs, targets = self.train
        source = torch.Generator().manual_seed(derive(self.seed, "order", epoch))
        order = torch.randperm(len(inputs), generator=source).to(inputs.device)
        order = self.faults.order(order, targets)
        # A partial batch would weigh its examples more than the others.
        for start in range(0, len(order) - self.batch_size + 1, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.faults.batch(inputs[rows], start // self.batch_size), targets[rows]

    def _val_epoch(self, epoch: int) -> Iterator[Pair]:
        inputs, targets = self.val
        for start in range(0, len(inputs), self.batch_size):
            rows = slice(start, start + self.batch_size)
            yield self.faults.evaluated(inputs[rows]), targets[rows]


class Loader:
    """Batches that can be passed over again and again, as a torch DataLoader can.

    Args:
        epoch_of: Yields the batches of an epoch, counted from 0.
    """

    def __init__(self, epoch_of: Callable[[int], Iterator[Pair]]) -> None:
        self._epoch_of = epoch_of
        self._epoch = -1

    def __iter__(self) -> Iterator[Pair]:
        self._epoch += 1
        return self._epoch_of(self._epoch)


def _tensors(split: Split, device: torch.device) -> Pair:
    inputs = torch.as_tensor(split.x, dtype=torch.float32, device=device)
    return inputs, torch.as_tensor(split.y, device=device)

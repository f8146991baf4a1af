"""The loaders of a program's data, and whether its examples are drawn with chance."""

from dataclasses import dataclass
from typing import Any

import torch

from startsimple.program.spy import tensors_in
from startsimple.program.transfer import Transferring, transferring
from startsimple.schema.errors import UserError

LOADERS = ("train_dataloader", "val_dataloader")


@dataclass
class Loaders:
    """The data's loaders; `val` is None if there is no validation data."""

    train: Any
    val: Any


def loaders_of(module: Any, data: Any) -> Loaders:
    """Set the data up and ask for its loaders.

    Raises:
        UserError: If there is no training loader.
    """
    for hook in ("prepare_data", "setup"):
        method = getattr(data, hook, None)
        if callable(method):
            method("fit") if hook == "setup" else method()
    found = []
    for name in LOADERS:
        makers = [getattr(owner, name, None) for owner in (data, module)]
        loader = None
        for maker in makers:
            if loader is None and maker is not None:
                loader = _call(maker)
        if isinstance(loader, list | tuple) and loader and hasattr(loader[0], "__iter__"):
            loader = loader[0]
        if loader is not None:
            validating = name == LOADERS[1]
            loader = transferring(loader, module, data, validating=validating)
        found.append(loader)
    if found[0] is None:
        raise UserError(
            f"{type(data).__name__} has no train_dataloader; add one, or give another --data class."
        )
    return Loaders(*found)


def _call(maker: Any) -> Any:
    try:
        return maker() if callable(maker) else maker
    except Exception as error:
        if type(error).__name__ == "MisconfigurationException":  # Lightning: not implemented.
            return None
        raise


def random_examples(loader: Any) -> bool:
    """Return whether a loader gives another example each time it is asked for one.

    Chance may be in its dataset or in the hooks that its batches go through.
    """
    if isinstance(loader, Transferring):
        batch = next(iter(loader.loader), None)
        if batch is not None and _differ([loader.passed(batch) for _ in range(3)]):
            return True
    dataset = getattr(loader, "dataset", None)
    by_index = not isinstance(dataset, torch.utils.data.IterableDataset)
    if dataset is None or not (by_index and hasattr(dataset, "__getitem__")):
        return False  # A stream cannot be asked for one example.
    return _differ([dataset[0] for _ in range(3)])


def _differ(draws: list[Any]) -> bool:
    """Return whether the first tensors of several draws differ."""
    found = [tensors_in(draw) for draw in draws]
    first = found[0][0] if found[0] else None
    return first is not None and any(not torch.equal(first, other[0]) for other in found[1:])

"""The loaders of a program's data, and whether its examples are drawn with chance."""

from dataclasses import dataclass
from typing import Any

import torch

from startsimple.program.spy import tensors_in
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
    """Return whether a loader's dataset gives another example each time it is asked for one."""
    dataset = getattr(loader, "dataset", None)
    if dataset is None or not hasattr(dataset, "__getitem__"):
        return False
    draws = [tensors_in(dataset[index]) for index in (0, 0, 0)]
    first = draws[0][0] if draws[0] else None
    return first is not None and any(not torch.equal(first, d[0]) for d in draws[1:])

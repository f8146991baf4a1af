"""The hooks through which a trainer passes every batch on its way from loader to step."""

from collections.abc import Iterator
from typing import Any

import torch

from startsimple.program.modules import overridden
from startsimple.program.trainer import ONE_STEP, Trainer

# In this order; the second is given the device, too.
HOOKS = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")


class Transferring:
    """A loader whose batches have gone through the hooks; whatever else is asked of it, it answers.

    Attributes:
        loader: The user's loader.
    """

    def __init__(self, loader: Any, hooks: list[tuple[str, Any]], *, validating: bool) -> None:
        self.loader = loader
        self._hooks = hooks
        self._trainer = Trainer([], ONE_STEP, dict)
        self._trainer.validates(validating=validating)

    def __iter__(self) -> Iterator[Any]:
        for batch in self.loader:
            yield self.passed(batch)

    def __len__(self) -> int:
        return len(self.loader)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "loader" not in vars(self):
            raise AttributeError(name)
        return getattr(self.loader, name)

    def passed(self, batch: Any) -> Any:
        """Return a batch after the hooks."""
        for name, owner in self._hooks:
            self._stand_behind(owner)
            device = (torch.device("cpu"),) if name == HOOKS[1] else ()
            batch = getattr(owner, name)(batch, *device, 0)
        return batch

    def _stand_behind(self, owner: Any) -> None:
        """Give a data module a trainer to ask which loop is running, and a module that has none."""
        place = "_trainer" if "_trainer" in vars(owner) else "trainer"
        held = vars(owner).get(place)
        if held is None or (isinstance(held, Trainer) and held.datamodule is owner):
            self._trainer.datamodule = owner
            vars(owner)[place] = self._trainer


def transferring(loader: Any, module: Any, data: Any, *, validating: bool) -> Any:
    """Return a loader behind the hooks that the data or the module bring along, if any do."""
    hooks = [
        (name, owner)
        for name in HOOKS
        if (owner := next((o for o in (data, module) if overridden(o, name)), None)) is not None
    ]
    return Transferring(loader, hooks, validating=validating) if hooks else loader

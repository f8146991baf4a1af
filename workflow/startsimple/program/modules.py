"""Call the methods of a user's module, copy it, and draw from its loaders."""

import copy
import inspect
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from startsimple.program.spy import tensors_in
from startsimple.program.subject import Batch, LossCall

# Callbacks that do not touch training, and need a real trainer for what they write.
WRITERS = {"Checkpoint", "ProgressBar", "LearningRateMonitor", "DeviceStatsMonitor", "ModelSummary"}


def copy_module(module: Any) -> Any:
    """Deep-copy a module without its trainer and the graphs it keeps, which cannot be copied."""
    held = {k: vars(module).pop(k) for k in ("_trainer", "trainer") if k in vars(module)}
    parts = module.modules() if isinstance(module, nn.Module) else [module]
    kept = [t for part in parts for t in tensors_in(list(vars(part).values()))]
    try:
        twin = copy.deepcopy(module, {id(t): t.detach() for t in kept if not t.is_leaf})
    finally:
        vars(module).update(held)
    if "_trainer" in held:
        vars(twin)["_trainer"] = None
    return twin


def overridden(owner: Any, name: str) -> bool:
    """Return whether a module or data module has a hook of its own, not its library's."""
    method = getattr(type(owner), name, None)
    library = str(getattr(method, "__module__", ""))
    return method is not None and not library.startswith(("lightning.", "pytorch_lightning."))


def callbacks_of(module: Any) -> list[Any]:
    """Return the callbacks that a module brings along, but those that only write or watch."""
    made = module.configure_callbacks() if hasattr(module, "configure_callbacks") else []
    several = made if isinstance(made, list | tuple) else [made]
    kinds = [{kind.__name__ for kind in type(callback).__mro__} for callback in several]
    return [one for one, kind in zip(several, kinds, strict=True) if not kind & WRITERS]


def call_step(method: Any, batch: Batch, index: int) -> Any:
    """Call a step with as many of (batch, index) as it takes."""
    takes = len(inspect.signature(method).parameters)
    return method(batch) if takes == 1 else method(batch, index)


def loss_in(out: Any, calls: Sequence[LossCall]) -> Tensor:
    """Return the loss among what a step returned.

    Raises:
        ValueError: If the step returned no loss and called none.
    """
    value = out.get("loss") if isinstance(out, dict) else out
    if isinstance(value, Tensor):
        return value
    if calls:
        return calls[-1].value
    raise ValueError("the step returned no loss")


def loss_or_nan(out: Any, calls: Sequence[LossCall]) -> Tensor:
    """Return the loss among what a step returned, NaN if there is none."""
    try:
        return loss_in(out, calls)
    except ValueError:
        return torch.tensor(torch.nan)


def draw(loader: Any, limit: int, seed: int = 0) -> list[Batch]:
    """Draw batches from a loader with every generator freshly seeded.

    Args:
        loader: Any iterable of batches, or a list of them.
        limit: Most batches to draw.
        seed: Seed of all generators.

    Returns:
        The batches.
    """
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    drawn: list[Batch] = []
    for batch in loader:
        drawn.append(batch)
        if len(drawn) >= limit:
            break
    return drawn

"""From a model's config to an initialised network."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from startsimple.program.initialise import initialise
from startsimple.program.seeded import seeded
from startsimple.schema.errors import UserError
from startsimple.schema.targets import import_target


def build(
    config: Mapping[str, Any],
    input_shape: tuple[int, ...],
    outputs: int,
    *,
    input: str,
    seed: int,
    prefixes: Sequence[str] = (),
) -> nn.Module:
    """Build and initialise the network that a config describes, on the CPU.

    Args:
        config: `_target_`, `init` and the target's own arguments; an imported network's are
            grouped below `args`. The target also receives those of input_shape, outputs and
            input that its signature names.
        input_shape: Shape of one example, without the batch axis.
        outputs: Number of logits.
        input: The dataset's input type: image, sequence or vector.
        seed: Decides every initial weight.
        prefixes: Import prefixes that the user allows besides torch and this package.

    Returns:
        The network, in training mode.

    Raises:
        UserError: If the target cannot be imported, or refuses its arguments.
    """
    path = str(config["_target_"])
    target = import_target(path, prefixes)
    offered = {"input_shape": input_shape, "outputs": outputs, "input": input}
    accepted = inspect.signature(target).parameters
    arguments = {key: value for key, value in offered.items() if key in accepted}
    # Layers draw their defaults from the global stream: lend them one of their own.
    with seeded(seed):
        model = _call(target, path, arguments | _own(config))
    kind = str(config.get("init", "torch"))
    initialise(model, kind, torch.Generator().manual_seed(seed))
    return model


def _own(config: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in config.items() if key not in ("_target_", "init", "args")}
    return own | dict(config.get("args") or {})


def _call(target: Callable[..., Any], path: str, arguments: dict[str, Any]) -> nn.Module:
    try:
        model = target(**arguments)
    except TypeError as error:
        raise UserError(f"model {path} refuses its arguments: {error}.") from error
    if not isinstance(model, nn.Module):
        raise UserError(f"model._target_={path} gives {type(model).__name__}, not a torch module.")
    return model

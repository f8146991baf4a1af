"""What a loss depends on, read from the graph behind it."""

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

FEWEST = 10


def graph_facts(loss: Tensor, modules: list[nn.Module]) -> dict[str, Any]:
    """Walk the graph behind a loss.

    Args:
        loss: The loss, before backward.
        modules: The modules that were called.

    Returns:
        "unregistered": weights that the loss depends on but that no called module holds;
        "reached": ids of all weights that it depends on; "custom_backward": name of a
        hand-written autograd function on the way, or "".
    """
    held = {id(p) for module in modules for p in module.parameters()}
    reached, seen, custom = dict[int, Tensor](), set[Any](), ""
    queue = [loss.grad_fn]
    while queue:
        node = queue.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        weight = getattr(node, "variable", None)
        if isinstance(weight, Tensor):
            reached[id(weight)] = weight
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            custom = type(node).__name__.removesuffix("Backward")
        queue.extend(parent for parent, _ in node.next_functions)
    return {
        "unregistered": [w for key, w in reached.items() if key not in held],
        "reached": set(reached),
        "custom_backward": custom,
    }


def kept_share(references: Sequence["weakref.ref[Tensor]"]) -> float:
    """Return the share of tensors that are still alive with their graph; 0 if there are few."""
    alive = [reference() for reference in references]
    held = [t for t in alive if t is not None and t.grad_fn is not None]
    return len(held) / len(alive) if len(alive) >= FEWEST else 0.0

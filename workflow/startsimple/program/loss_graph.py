"""What a loss depends on, read from the graph behind it."""

import gc
import weakref
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

FEWEST = 10
# Only the first steps are watched, now and then; the last ones may well be in use.
MOST_WATCHED = 200
EVERY = 10
EARLY = 20
LATER = 60
COUNTED = (20, 40, 60)
RECENT = 5


def graph_facts(
    loss: Tensor, modules: list[nn.Module], entered: Sequence[Tensor] = ()
) -> dict[str, Any]:
    """Walk the graph behind a loss.

    Args:
        loss: The loss, before backward.
        modules: The modules that were called.
        entered: What the modules were given: inputs that gradients are taken of are no weights.

    Returns:
        "unregistered": weights that the loss depends on but that no called module holds;
        "reached": ids of all weights that it depends on; "custom_backward": name of a
        hand-written autograd function on the way, or "".
    """
    held = {id(p) for module in modules for p in module.parameters()} | {id(t) for t in entered}
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


class GraphWatch:
    """Tells which steps' graphs are still alive, by tokens that their first nodes hold.

    A node lives as long as any tensor that was made from it: a sum of losses, an output in a list
    or a state of the next step keep it, even where the loss itself is gone.
    """

    def __init__(self) -> None:
        self._tokens: list[weakref.ref[_Token]] = []
        self._losses: list[weakref.ref[_Token]] = []
        self._seen = 0
        self._early = self._peak = 0.0
        self._frozen: bool | None = None
        self._live = dict[int, int]()

    def add(self, loss: Tensor) -> None:
        """Watch the graph behind a loss, before its backward pass; the first ones are enough."""
        self._seen += 1
        if self._seen % EVERY == 0:
            self._look()
        if loss.grad_fn is None or len(self._tokens) >= MOST_WATCHED:
            return
        whole, last = _Token(), _Token()
        for node in first_nodes(loss):
            node.register_hook(partial(_hold, whole))
        loss.grad_fn.register_hook(partial(_hold, last))
        self._tokens.append(weakref.ref(whole))
        self._losses.append(weakref.ref(last))

    def _look(self) -> None:
        if alive(self._tokens[:EARLY]) or alive(self._losses[:-RECENT]):
            gc.collect()  # What only a circle of references keeps is not kept by the program.
            if self._frozen is None:
                # The next ones need not walk through all that was ever imported.
                self._frozen = not gc.get_freeze_count()
                if self._frozen:
                    gc.freeze()
        if self._seen in COUNTED:
            gc.collect()
            self._live[self._seen] = with_graph()
        if self._seen >= LATER:
            self._early = alive(self._tokens[:EARLY])
        self._peak = max(self._peak, alive(self._losses[:-RECENT]))

    def kept(self, *, ended: bool) -> float:
        """Return the share of the early graphs that outlive their steps by far.

        Args:
            ended: Whether whatever held them is gone by now, as the variables of a function that
                has returned: then the highest share of losses alive at once counts, too.
        """
        self.end()
        gc.collect()
        share = alive(self._tokens[:-RECENT])
        return max(share, self._early, self._peak if ended else 0.0)

    @property
    def left(self) -> float:
        """How many more tensors with a graph each step leaves behind, whatever made them.

        Of two stretches of steps the lower number counts: something may come to stay once.
        """
        counts = [self._live[seen] for seen in COUNTED if seen in self._live]
        if len(counts) < len(COUNTED):
            return 0.0
        rises = (
            (b - a) / (y - x)
            for (a, b), (x, y) in zip(pairwise(counts), pairwise(COUNTED), strict=True)
        )
        return min(rises)

    def end(self) -> "GraphWatch":
        """Leave the collector of garbage as it was found; returns a watch that saw nothing yet."""
        if self._frozen:
            gc.unfreeze()
            self._frozen = None
        return GraphWatch()


class _Token:
    """Something that can be referred to weakly."""


def _hold(token: _Token, *_: Any) -> None:
    """Do nothing: a hook that keeps a token for as long as its node lives."""


def with_graph() -> int:
    """Return how many tensors with a graph behind them are alive."""
    return sum(isinstance(o, Tensor) and o.grad_fn is not None for o in gc.get_objects())


def alive(tokens: Sequence["weakref.ref[_Token]"]) -> float:
    """Return the share of tokens that are still alive; 0 if there are few."""
    return sum(t() is not None for t in tokens) / len(tokens) if len(tokens) >= FEWEST else 0.0


def first_nodes(loss: Tensor) -> list[Any]:
    """Return the nodes of a loss's graph that take a weight directly."""
    found, seen, queue = list[Any](), set[Any](), [loss.grad_fn]
    while queue:
        node = queue.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        parents = [parent for parent, _ in node.next_functions]
        # Batches that were cut once from data with a gradient bring nodes that outlive every step.
        if any(isinstance(getattr(p, "variable", None), nn.Parameter) for p in parents):
            found.append(node)
        queue.extend(parents)
    return found

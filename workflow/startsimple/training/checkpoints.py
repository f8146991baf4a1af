"""The best few states of a run, kept to choose among in retrospect (T-15)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from startsimple.training.evaluation import Scores


class Checkpoints:
    """Keeps the best states of a model by its score on one watched set."""

    def __init__(self, by: str, count: int) -> None:
        """Start with none.

        Args:
            by: Name of the set.
            count: How many to keep at most.
        """
        self._by, self._count = by, count
        self._kept: list[tuple[float, int, dict[str, Tensor]]] = []

    def offer(self, model: nn.Module, scores: Mapping[str, Sequence[Scores]], step: int) -> None:
        """Keep the model's present state if it is among the best; of equals, the earlier one.

        Args:
            model: The network.
            scores: Scores by set, the latest one last.
            step: Optimiser steps taken so far.
        """
        score = scores[self._by][-1].accuracy
        full = len(self._kept) == self._count
        if math.isnan(score) or (full and score <= self._kept[-1][0]):
            return
        state = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        self._kept.append((score, step, state))
        self._kept.sort(key=lambda one: (-one[0], one[1]))
        del self._kept[self._count :]

    def told(self) -> list[dict[str, Any]]:
        """Return step and score of what is kept, the best first."""
        return [{"step": step, "score": score} for score, step, _ in self._kept]

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights of what is kept, as "kept.<step>.<name>"."""
        return {
            f"kept.{step}.{name}": value
            for _, step, state in self._kept
            for name, value in state.items()
        }

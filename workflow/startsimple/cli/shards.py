"""The files that stand for finished shards of trials, as the rules see them."""

from collections.abc import Callable
from typing import Any

from startsimple.cli.plan import Plan
from startsimple.training.declare import sharded


class Shards:
    """The shards of one climb: none unless more than one was asked for."""

    def __init__(self, plan: Plan) -> None:
        """Take the rounds from the search and the number of shards from the command line."""
        self._run, self._count = plan.run, plan.shards
        self._rounds = sharded(plan.search) if plan.shards > 1 else []

    def all(self) -> list[str]:
        """Return the files of all shards of all rounds."""
        return [path for name in self._rounds for path in self._files(name)]

    def earlier(self) -> Callable[[Any], list[str]]:
        """Return an input function: the files of the round before a shard's own."""

        def files(wildcards: Any) -> list[str]:
            place = self._rounds.index(wildcards.round)
            return self._files(self._rounds[place - 1]) if place else []

        return files

    def _files(self, name: str) -> list[str]:
        return [
            f"results/{self._run}/trials/{name}_{shard}of{self._count}.json"
            for shard in range(1, self._count + 1)
        ]

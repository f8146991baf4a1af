"""One shard of a round of tuning, so that a cluster runs shards side by side.

Every shard replays the study from the stored units of the rounds before its own, and so arrives at
the same points as all others; of its own round it runs every n-th unit. The stage itself finds all
of them stored. Neither the trials nor the result depend on the number of shards.
"""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from startsimple.schema.config import Config
from startsimple.stages.bench import run_all
from startsimple.stages.stage import Inputs
from startsimple.stages.tune import prepare
from startsimple.stages.tune_rounds import JOURNAL
from startsimple.training.declare import sharded
from startsimple.training.units import Result, Unit


class _ShareStored(Exception):  # noqa: N818, it is no error
    """The shard's round has been reached, and its share of it is stored."""


def run_shard(config: Config, inputs: Inputs, name: str, shard: int, shards: int) -> list[str]:
    """Run one shard's share of a round.

    Args:
        config: Sections of the program and search, with stage.tune.
        inputs: Where the stage stands.
        name: Name of the round.
        shard: Which shard, from 0.
        shards: How many there are.

    Returns:
        The keys of the units that this shard answers for; none if the round does not take place,
        as when no range had to be widened.
    """
    later = sharded(config.search)[sharded(config.search).index(name) + 1 :]
    own: list[str] = []

    def run(reached: str, units: Sequence[Unit]) -> list[Result]:
        if reached == name:
            share = list(units)[shard::shards]
            run_all(share, rounds.bench, inputs)
            own.extend(unit.key for unit in share)
        if reached == name or reached in later:
            raise _ShareStored
        return run_all(units, rounds.bench, inputs)

    rounds = prepare(config, inputs, run)
    with tempfile.TemporaryDirectory() as scratch, suppress(_ShareStored):
        # No two processes may write one journal; what it would propose follows from the units.
        study = rounds.search(Path(scratch) / JOURNAL)
        rounds.contest(rounds.final(study).point)
    return sorted(own)

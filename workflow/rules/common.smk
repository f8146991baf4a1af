# One experiment per call of snakemake: composed here, once, and handed to the rules as plain strings.
from pathlib import Path

from startsimple.cli.plan import finish, load_plan, prepare_environment, start
from startsimple.cli.shards import Shards

prepare_environment()
PLAN = load_plan(config, Path())
SHARDS = Shards(PLAN)


wildcard_constraints:
    run=r"[A-Za-z0-9._~-]+",
    round=r"[a-z]+(-[0-9]+)?",
    shard=r"[0-9]+of[0-9]+",

# One experiment per call of snakemake: composed here, once, and handed to the rules as plain strings.
from pathlib import Path

from startsimple.cli.plan import finish, load_plan, prepare_environment, start

prepare_environment()
PLAN = load_plan(config, Path())


wildcard_constraints:
    run=r"[A-Za-z0-9._~-]+",

# One experiment per call of snakemake: composed here, once, and handed to the rules as plain strings.
from pathlib import Path

from startsimple.cli.plan import load_plan, prepare_environment, show_ladder, start

prepare_environment()
PLAN = load_plan(config, Path())


wildcard_constraints:
    run=r"[A-Za-z0-9._~-]+",

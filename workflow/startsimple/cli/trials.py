"""Runs one shard of a round of tuning for its rule; see `startsimple.stages.tune_shards`."""

import argparse
import sys
from pathlib import Path

from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.errors import UserError
from startsimple.schema.load import load_slice
from startsimple.schema.numerics import set_environment


def main(argv: list[str] | None = None) -> int:
    """Run a shard, and write the keys of its units.

    Args:
        argv: Command line; see `_parse`.

    Returns:
        0 once its units are stored; 1 if the search cannot be run.
    """
    arguments = _parse(argv)
    folder: Path = arguments.root / "results" / arguments.run
    given = read_json(folder / "plan.json")["tune"]
    config = load_slice(given["config"])
    set_environment(config.numerics.threads, portable=config.numerics.portable)

    def say(line: str) -> None:
        print(f"{arguments.round} {arguments.shard}: {line}", file=sys.stderr, flush=True)

    from startsimple.audit.attempt import attempt
    from startsimple.stages.stage import Inputs
    from startsimple.stages.tune_shards import run_shard
    from startsimple.training.device import make_deterministic

    # What runs the units sets this, too; the record reads the flags of this process.
    make_deterministic(config.numerics)
    inputs = Inputs(
        run=arguments.run,
        stage="tune",
        root=arguments.root,
        digests=given["digests"],
        progress=say,
    )
    shard, _, shards = arguments.shard.partition("of")
    try:
        # An attempt at the stage that ends without a verdict: its record vouches for its units.
        with attempt(
            arguments.root, arguments.run, "tune", config=given["config"], digests=inputs.digests
        ):
            keys = run_shard(config, inputs, arguments.round, int(shard) - 1, int(shards))
    except UserError as error:
        inputs.folder.mkdir(parents=True, exist_ok=True)
        (inputs.folder / "error.txt").write_text(f"{error}\n", encoding="utf-8")
        say(str(error))
        return 1
    write_json(arguments.done, {"units": keys})
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="name of the run")
    parser.add_argument("--round", required=True, help="round of the study")
    parser.add_argument("--shard", required=True, help="which shard, such as 2of3")
    parser.add_argument("--done", type=Path, required=True, help="written at the end")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository")
    return parser.parse_args(argv)

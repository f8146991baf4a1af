"""The command `startsimple`: what a person asks for besides `snakemake --cores all`."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from startsimple.schema.errors import UserError, nearest


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The command line without the program's name.

    Returns:
        Exit status: the command's own, 3 for a usage error, 1 for bad input.
    """
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help"):
        print(_usage())
        return 0 if words else 3
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        print(f"startsimple: no command '{name}'. {nearest(name, COMMANDS)}", file=sys.stderr)
        return 3
    try:
        return COMMANDS[name](rest)
    except SystemExit as stop:
        # argparse ends with 2, which is an answer of `diagnose`.
        return 3 if stop.code == 2 else int(stop.code or 0)
    except UserError as error:
        print(f"startsimple: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; what Python would still flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _usage() -> str:
    lines = ["Usage: startsimple COMMAND [ARGUMENTS]", ""]
    lines += [f"  {name:<10} {command.__doc__}" for name, command in COMMANDS.items()]
    return "\n".join([*lines, "", "A climb is started with: snakemake --cores all"])


def _ladder(argv: list[str]) -> int:
    """Print the ladder of a run: startsimple ladder RUN."""
    from startsimple.report.ladder import print_ladder

    parser = argparse.ArgumentParser("startsimple ladder")
    parser.add_argument("run", help="name of the run: a folder below results/")
    run: str = parser.parse_args(argv).run
    known = [path.parent.name for path in sorted(Path("results").glob("*/config.json"))]
    if run not in known:
        raise UserError(f"There is no run '{run}' below results/. {nearest(run, known)}")
    print_ladder(Path(), run)
    return 0


def _diagnose(argv: list[str]) -> int:
    """Find the bug in any training program: startsimple diagnose --help."""
    from startsimple.cli.diagnose import main as diagnose

    return diagnose(argv)


def _pin(argv: list[str]) -> int:
    """Write the DVC pointer of an experiment's dataset: startsimple pin EXPERIMENT."""
    from startsimple.data.store import pin
    from startsimple.schema.compose import compose_experiment
    from startsimple.schema.load import load_slice

    parser = argparse.ArgumentParser("startsimple pin")
    parser.add_argument("experiment", help="a file of conf/experiment")
    experiment: str = parser.parse_args(argv).experiment
    config = load_slice(compose_experiment(Path("conf"), experiment).config)
    pin(config.dataset, Path())
    print(f"Pinned {config.dataset.name}: commit {config.dataset.pointer}.")
    return 0


def _next(argv: list[str]) -> int:
    """List the fixes of a run's gap, or write one as a round: startsimple next RUN."""
    from startsimple.cli.rounds import next_round

    return next_round(argv)


def _compare(argv: list[str]) -> int:
    """Tell which of two runs is better: startsimple compare RUN_A RUN_B."""
    from startsimple.cli.rounds import compare_runs

    return compare_runs(argv)


def _history(argv: list[str]) -> int:
    """Show the rounds of a run's family: startsimple history RUN [--json]."""
    from startsimple.cli.rounds import show_history

    return show_history(argv)


def _benchmarks(argv: list[str]) -> int:
    """Write the table of known results: startsimple benchmarks --climb."""
    from startsimple.cli.benchmarks import main as benchmarks

    return benchmarks(argv)


def _changes(argv: list[str]) -> int:
    """Say what changed in a dataset since a git revision: startsimple changes EXPERIMENT REV."""
    from startsimple.data.versions import changes_since
    from startsimple.schema.compose import compose_experiment
    from startsimple.schema.load import load_slice

    parser = argparse.ArgumentParser("startsimple changes")
    parser.add_argument("experiment", help="a file of conf/experiment")
    parser.add_argument("rev", help="a git revision: a commit, tag or branch")
    given = parser.parse_args(argv)
    dataset = load_slice(compose_experiment(Path("conf"), given.experiment).config).dataset
    dataset.rev = given.rev
    print(f"{dataset.name} since {given.rev}: {changes_since(dataset, Path()).sentence()}.")
    return 0


def _verify(argv: list[str]) -> int:
    """Check a run against its records, without training: startsimple verify RUN."""
    from startsimple.cli.verify import verify

    return verify(argv)


def _seal(argv: list[str]) -> int:
    """Write a run's manifest and sign it: startsimple seal RUN --key KEY."""
    from startsimple.cli.verify import seal

    return seal(argv)


def _reproduce(argv: list[str]) -> int:
    """Run a run again elsewhere and compare bits: startsimple reproduce RUN [STAGE]."""
    from startsimple.cli.reproduce import reproduce

    return reproduce(argv)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "ladder": _ladder,
    "diagnose": _diagnose,
    "next": _next,
    "compare": _compare,
    "history": _history,
    "pin": _pin,
    "benchmarks": _benchmarks,
    "changes": _changes,
    "reproduce": _reproduce,
    "seal": _seal,
    "verify": _verify,
}


if __name__ == "__main__":
    sys.exit(main())

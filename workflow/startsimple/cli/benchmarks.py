"""The command `startsimple benchmarks`: judge what is registered, write the table of results."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from omegaconf import OmegaConf

from startsimple.schema.canonical import read_json, write_bytes
from startsimple.schema.errors import UserError, nearest
from startsimple.schema.verdict import Verdict, read_verdict

CHOICE = "override /benchmark"
RESULTS = Path("conf/benchmark/RESULTS.md")

_HEAD = """# Known results, measured here

Written by `startsimple benchmarks`, from the verdicts of the stage `benchmark`. Each row is what
`snakemake --cores all --config experiment=<experiment>` says of one file of this folder; `make
benchmarks` measures them all again. MNIST is found in the folder that STARTSIMPLE_MNIST_MIRROR
names, or downloaded.

Measured: mean over the seeds, with Student's 95 % interval; k-nearest neighbours have no seeds, so
that the interval is that of the test examples. Seconds: of all attempts at the stage, on two cores
that other work shared; in brackets those of its processors, which other work lengthens little.

Verdict: *reproduced* means equivalent within the tolerance by two one-sided tests at 5 %, *beaten*
that a floor is beaten by its margin at 5 %, *too good* that the claim is exceeded beyond tolerance
and chance, which warns and starts a leakage audit, *missed* the contrary of either; *inconclusive*
says how many more seeds would decide. Gate: the stage's status, with the checks that did not pass.
Rank: worth of the reference, from 1 (official code) to 7 (a simple floor).

| experiment | claim | rank | claimed | accepted | measured | seeds | seconds | verdict | gate |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Registered:
    """A benchmark and the experiment that judges it."""

    benchmark: str
    experiment: str


def main(argv: Sequence[str]) -> int:
    """Run the command.

    Args:
        argv: Names of experiments (all that choose a benchmark by default), and --climb.

    Returns:
        0 once the table is written; 1 if a climb could not judge.

    Raises:
        UserError: If an experiment is unknown.
    """
    parser = argparse.ArgumentParser("startsimple benchmarks")
    parser.add_argument("experiments", nargs="*", help="which to climb (default: all)")
    parser.add_argument("--climb", action="store_true", help="climb to the stage benchmark first")
    arguments = parser.parse_args(argv)
    root = Path()
    every = registered(root / "conf")
    names = [item.experiment for item in every]
    for name in arguments.experiments:
        if name not in names:
            raise UserError(f"No experiment '{name}' chooses a benchmark. {nearest(name, names)}")
    broken = 0
    if arguments.climb:
        for name in arguments.experiments or names:
            broken += bool(climb(name))
    write_bytes(root / RESULTS, table(root, every).encode())
    print(f"Wrote {RESULTS}: {len(every)} benchmarks.")
    return 1 if broken else 0


def registered(conf: Path) -> list[Registered]:
    """Return every benchmark with the experiment that chooses it, in the order of their names.

    Args:
        conf: The folder with Hydra's groups.

    Raises:
        UserError: If a benchmark is chosen by no experiment.
    """
    found: list[Registered] = []
    for path in sorted((conf / "experiment").glob("*.yaml")):
        loaded = cast("dict[str, Any]", OmegaConf.to_container(OmegaConf.load(path)))
        for entry in loaded.get("defaults", []):
            if isinstance(entry, dict) and CHOICE in entry:
                found.append(Registered(str(entry[CHOICE]), path.stem))
    lonely = {p.stem for p in (conf / "benchmark").glob("*.yaml")} - {f.benchmark for f in found}
    if lonely:
        raise UserError(
            f"No experiment chooses benchmark '{min(lonely)}': add a file to conf/experiment "
            f"with `- {CHOICE}: {min(lonely)}`."
        )
    return found


def climb(experiment: str) -> int:
    """Climb an experiment to its stage `benchmark`; return snakemake's exit status."""
    target = f"results/{experiment}/benchmark/verdict.json"
    command = ["snakemake", "--cores", "all", target, "--config", f"experiment={experiment}"]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    return subprocess.run(command, check=False, env=environment).returncode


def table(root: Path, every: Sequence[Registered]) -> str:
    """Return the table of results, a row a benchmark; what was not judged says so.

    Args:
        root: The repository, with results/.
        every: The benchmarks.
    """
    rows = [_row(root, item) for item in every]
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(root: Path, item: Registered) -> list[str]:
    path = root / "results" / item.experiment / "benchmark" / "verdict.json"
    verdict = read_verdict(path) if path.exists() else None
    # A verdict without these figures is an older version's.
    if verdict is None or not {"floor", "verdict", "interval"} <= set(verdict.numbers):
        return [f"`{item.experiment}`", "not judged on this machine yet", *[""] * 8]
    facts = verdict.numbers
    interval = facts["interval"]
    rate = facts["metric"] == "accuracy"
    mean = f"{_figure(interval['value'], rate)} [{_figure(interval['low'], rate)}, "
    return [
        f"`{item.experiment}`",
        facts["claim"],
        str(facts["rank"]),
        _figure(facts["reference"], rate),
        _accepted(facts, rate),
        f"{mean}{_figure(interval['high'], rate)}]",
        str(facts["seeds"] or "none"),
        "{:.0f} ({:.0f})".format(*seconds(root, item.experiment)),
        _verdict(facts),
        _gate(verdict),
    ]


def _accepted(facts: Mapping[str, Any], rate: bool) -> str:
    """Return the range of a claim, or the bound of a floor."""
    value, tolerance = facts["reference"], facts["tolerance"]
    if not facts["floor"]:
        return f"{_figure(value - tolerance, rate)} to {_figure(value + tolerance, rate)}"
    return f"above {value - tolerance:.4f}" if rate else f"below {value + tolerance:.4g}"


def _figure(value: float, rate: bool) -> str:
    return f"{value:.4f}" if rate else f"{value:.4g}"


def _verdict(facts: Mapping[str, Any]) -> str:
    word = str(facts["verdict"])
    if word != "inconclusive":
        return word
    more = facts["further_seeds"]
    if not more:
        return f"{word} with any number of seeds"
    return f"{word}: {more} more seed{'s' if more > 1 else ''} would decide"


def _gate(verdict: Verdict) -> str:
    odd = dict.fromkeys(c.id for c in verdict.checks if c.status not in ("pass", "skip"))
    return f"{verdict.status} ({', '.join(odd)})" if odd else str(verdict.status)


def seconds(root: Path, experiment: str) -> tuple[float, float]:
    """Return how long all attempts at the stage took together, by the clock and by processors."""
    folder = root / "results" / experiment / "audit" / "benchmark"
    times = [read_json(path)["time"] for path in sorted(folder.glob("attempt-*.json"))]
    return sum(t["seconds"] for t in times), sum(t["cpu_seconds"] for t in times)

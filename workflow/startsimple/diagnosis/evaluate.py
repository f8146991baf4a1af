"""Hold the diagnosis against programs with known faults and against correct ones.

    python -m startsimple.diagnosis.evaluate --out results/faults.json --table results/faults.md

Each program is diagnosed in a process of its own. Answers are kept in the output file and asked for
again only where the program or the engine has changed, so that an interrupted evaluation goes on
where it stopped.
"""

import argparse
import contextlib
import fnmatch
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import startsimple
from startsimple.diagnosis.evaluate_report import Outcome, Pair, Program, heat_map, table
from startsimple.diagnosis.evaluate_sets import read_set
from startsimple.schema.canonical import digest, file_digest, read_json, write_bytes, write_json
from startsimple.schema.errors import UserError

SCHEMA = "startsimple.faults/1"
ZOO = Path("tests/faults")
COMMAND = (sys.executable, "-m", "startsimple.cli.main", "diagnose")
# What an answer depends on: the layers below the diagnosis, and the command that asks it.
ENGINE = ("schema", "program", "training", "probes", "diagnosis", "cli/diagnose.py")
BELIEF = 0.5  # An intervention speaks up if it explains half of the lost score.
SECONDS_MAX = 240.0  # A diagnosis ends by itself before 180 s; one that does not is stopped here.


def engine_digest() -> str:
    """Return a digest of the source that a diagnosis runs, the evaluation itself left out."""
    root = Path(startsimple.__file__).parent
    files = [file for part in ENGINE for file in _sources(root / part)]
    return digest({str(file.relative_to(root)): file_digest(file) for file in files})


def _sources(part: Path) -> list[Path]:
    if part.suffix == ".py":
        return [part] if part.is_file() else []
    return sorted(file for file in part.rglob("*.py") if not file.name.startswith("evaluate"))


def diagnose(program: Program, command: Sequence[str], seconds_max: float) -> Outcome:
    """Run one diagnosis in a child process.

    Args:
        program: What to diagnose.
        command: The command that diagnoses, without its arguments.
        seconds_max: Wall time after which the child is stopped.

    Returns:
        Its answer, or verdict "none" with the reason.
    """
    start = time.monotonic()
    with TemporaryDirectory() as scratch:
        answer = Path(scratch) / "answer.json"
        # Before the program: what follows a script's name is the script's own.
        arguments = [*command, "--json", str(answer), *program.arguments]
        note = _run(arguments, Path(scratch), seconds_max)
        seconds = round(time.monotonic() - start, 1)
        if not answer.is_file():
            return Outcome("none", seconds=seconds, note=note[:300])
        return read_answer(read_json(answer), seconds)


def _run(arguments: Sequence[str], scratch: Path, seconds_max: float) -> str:
    """Run a command in a session of its own; returns the last line of its errors."""
    said = scratch / "said.txt"
    with said.open("wb") as stream:
        child = subprocess.Popen(
            arguments,
            cwd=scratch,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            start_new_session=True,
        )
        try:
            child.wait(seconds_max)
        except subprocess.TimeoutExpired:
            return f"no answer within {seconds_max:.0f} s"
        finally:
            # What the command started goes with it, whether it ended or not.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return (said.read_text(errors="replace").strip().splitlines() or [""])[-1]


def read_answer(answer: Mapping[str, Any], seconds: float) -> Outcome:
    """Keep of a diagnosis what the evaluation needs.

    Args:
        answer: The JSON that `startsimple diagnose` writes.
        seconds: Wall time of the command.

    Returns:
        The verdict, the first three suspects and what spoke against the program.
    """
    kept = ("fault", "score", "stage", "fix_verified")
    failed = {str(check["id"]) for check in answer.get("checks", ()) if check["status"] == "fail"}
    trials = answer.get("interventions", ())
    failed |= {str(trial["name"]) for trial in trials if trial["belief"] >= BELIEF}
    return Outcome(
        verdict=answer["verdict"],
        suspects=tuple({k: s.get(k) for k in kept} for s in answer.get("suspects", ())[:3]),
        failed=tuple(sorted(failed)),
        seconds=seconds,
    )


class Record:
    """Answers so far, written to the output file after each one.

    Attributes:
        path: The output file.
        answers: For each program's name, the key that it was asked under and its answer.
    """

    def __init__(self, path: Path):
        self.path = path
        known: dict[str, Any] = read_json(path) if path.is_file() else {}
        same = known.get("schema") == SCHEMA
        self.answers: dict[str, dict[str, Any]] = known["answers"] if same else {}

    def find(self, name: str, key: str) -> Outcome | None:
        """Return the answer kept under this key, None if there is none."""
        entry = self.answers.get(name)
        if entry is None or entry["key"] != key:
            return None
        return outcome_of(entry)

    def keep(self, name: str, key: str, outcome: Outcome) -> None:
        """Keep an answer and write all of them."""
        self.answers[name] = {"key": key, **asdict(outcome)}
        write_json(self.path, {"schema": SCHEMA, "answers": self.answers})


def outcome_of(entry: Mapping[str, Any]) -> Outcome:
    """Build an outcome from what a record or a published file holds of it."""
    return Outcome(
        entry["verdict"],
        tuple(entry["suspects"]),
        tuple(entry["failed"]),
        float(entry["seconds"]),
        entry["note"],
    )


def evaluate(
    programs: Sequence[Program], record: Record, *, command: Sequence[str] = COMMAND, jobs: int = 2
) -> list[Pair]:
    """Diagnose every program that has no answer yet.

    Args:
        programs: What to diagnose.
        record: Answers so far; grows.
        command: The command that diagnoses.
        jobs: Diagnoses at once.

    Returns:
        Each program with its answer, in the order of `programs`.
    """
    engine = engine_digest()
    keys = {p.name: digest([engine, *map(file_digest, p.files), p.arguments[0]]) for p in programs}
    missing = [p for p in programs if record.find(p.name, keys[p.name]) is None]
    missing.sort(
        key=lambda p: digest(p.name)
    )  # What an interrupted evaluation has is a fair sample.
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(diagnose, p, command, SECONDS_MAX): p for p in missing}
        for done, future in enumerate(as_completed(running), 1):
            program, outcome = running[future], future.result()
            record.keep(program.name, keys[program.name], outcome)
            said = " ".join(str(suspect["fault"]) for suspect in outcome.suspects)
            line = f"{outcome.verdict:12} {said:12} {outcome.seconds:5.0f} s"
            print(f"{done}/{len(missing)} {program.name:34} {line}", flush=True)
    return answered(programs, record)


def answered(programs: Sequence[Program], record: Record) -> list[Pair]:
    """Return the programs that have an answer, each with it, in the order given."""
    known = record.answers
    return [(p, outcome_of(known[p.name])) for p in programs if p.name in known]


def publish(pairs: Sequence[Pair], folder: Path) -> None:
    """Write the table and the answers that it is made of, as they are to be committed."""
    answers = {program.name: {**asdict(outcome), "key": ""} for program, outcome in pairs}
    write_json(folder / "results.json", {"schema": SCHEMA, "answers": answers})
    write_bytes(folder / "RESULTS.md", table(pairs).encode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--cases", type=Path, action="append", help="folder of programs; may be repeated")
    add("--half", choices=("visible", "held_out", "all"), default="all")
    add("--jobs", type=int, default=2, help="diagnoses at once")
    add("--only", default="*", metavar="GLOB", help="names of programs")
    add("--out", type=Path, default=Path("results/faults.json"))
    add("--table", type=Path, help="Markdown to write")
    add("--heatmap", type=Path, help="picture to write: fault by check")
    add("--aggregate", action="store_true", help="write rates only, no fault or program by name")
    add("--at-hand", action="store_true", help="run nothing, report the answers that are there")
    add("--publish", type=Path, metavar="DIR", help="folder for RESULTS.md and results.json")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the evaluation; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        folders = options.cases or [ZOO, ZOO / "modules", ZOO / "scripts"]
        programs = [program for folder in folders for program in read_set(folder.resolve())]
    except UserError as error:
        print(error, file=sys.stderr)
        return 3
    if options.half != "all":
        halves = {"visible": ("visible", "scripts"), "held_out": ("held out",)}[options.half]
        programs = [program for program in programs if program.half in halves]
    programs = [program for program in programs if fnmatch.fnmatch(program.name, options.only)]
    record = Record(options.out)
    if options.at_hand:
        pairs = answered(programs, record)
    else:
        pairs = evaluate(programs, record, jobs=options.jobs)
    text = table(pairs, details=not options.aggregate)
    print(text)
    if options.table:
        write_bytes(options.table, text.encode())
    if options.heatmap:
        heat_map(pairs, options.heatmap)
    if options.publish:
        publish(pairs, options.publish)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The command `startsimple diagnose`: name the fault of a script, or of a module with its data."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from startsimple.diagnosis.result import Diagnosis
from startsimple.diagnosis.target import Target, diagnose_target
from startsimple.program.child import run_in_child
from startsimple.program.clock import WAITING
from startsimple.schema.canonical import write_bytes, write_json
from startsimple.schema.errors import UserError

BUDGET = 110.0
SLACK = 25.0  # Seconds beyond the budget after which a program that holds the process is stopped.
UNLOADABLE = 3


class _Parser(argparse.ArgumentParser):
    """A parser whose usage errors end with status 3."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}. See `startsimple diagnose --help`.")


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = _Parser(prog="startsimple diagnose", description=__doc__)
    made.add_argument("script", nargs="?", help="a training script; its arguments follow --")
    made.add_argument("--module", help="FILE.py:Class or package.module:Class of the model")
    made.add_argument("--data", help="same, for the data", default="")
    made.add_argument("--module-args", default="{}", metavar="JSON", help="keyword arguments")
    made.add_argument("--data-args", default="{}", metavar="JSON", help="keyword arguments")
    made.add_argument("--budget", type=float, default=BUDGET, metavar="SECONDS")
    made.add_argument("--json", type=Path, metavar="OUT", help="write the diagnosis as JSON")
    made.add_argument("--html", type=Path, metavar="OUT", help="write the diagnosis as one page")
    return made


def target_of(options: argparse.Namespace, rest: Sequence[str]) -> Target:
    """Check the options and say what is to be diagnosed.

    Raises:
        UserError: If they name no program, or two, or hold bad JSON.
    """
    if bool(options.script) == bool(options.module):
        raise UserError("Name one program: either SCRIPT.py, or --module with --data.")
    if options.script:
        if not Path(options.script).is_file():
            raise UserError(f"There is no script {options.script}; give the path of a Python file.")
        return Target(script=str(Path(options.script).resolve()), argv=tuple(rest))
    if options.budget <= 0:
        raise UserError("--budget takes a positive number of seconds.")
    return Target(
        module=options.module,
        data=options.data,
        module_args=_arguments("--module-args", options.module_args),
        data_args=_arguments("--data-args", options.data_args),
    )


def _arguments(option: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{option} is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UserError(f"{option} takes a JSON object, such as '{{\"width\": 64}}'.")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments without the program's name.

    Returns:
        0 healthy, 1 faulty, 2 inconclusive, 3 for a usage error or an unloadable program.
    """
    import sys

    words = list(sys.argv[1:] if argv is None else argv)
    cut = words.index("--") if "--" in words else len(words)
    try:
        options = parser().parse_args(words[:cut])
        target = target_of(options, words[cut + 1 :])
        result = diagnose_in_child(target, options.budget)
        _write(result, options)
    except UserError as error:
        print(error, file=sys.stderr)
        return UNLOADABLE
    return result.exit_status


def diagnose_in_child(target: Target, budget: float, memory: int | None = None) -> Diagnosis:
    """Diagnose a program in a child process.

    Args:
        target: The program.
        budget: Seconds for everything.
        memory: Bytes that the child may hold; None for the machine's share.

    Returns:
        The diagnosis; "inconclusive", with the reason, if the program took the process down.

    Raises:
        UserError: If the program cannot be loaded.
    """
    longest = budget / WAITING + SLACK
    ended = run_in_child(diagnose_target, (target, budget), seconds=longest, memory=memory)
    if ended.value is not None:
        return ended.value
    if ended.user_error:
        raise UserError(ended.failure)
    return Diagnosis("inconclusive", (), (), (), (ended.failure, *_last_words(ended.output)))


def _last_words(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if line.strip()]
    return [f"Its last output: {lines[-1][:200]}"] if lines else []


def _write(result: Diagnosis, options: argparse.Namespace) -> None:
    from startsimple.cli.diagnosis_view import show, to_html

    show(result)
    for path, write in ((options.json, _write_json), (options.html, _write_html)):
        if path is None:
            continue
        try:
            write(path, result, to_html)
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def _write_json(path: Path, result: Diagnosis, _: Any) -> None:
    write_json(path, result.to_json())


def _write_html(path: Path, result: Diagnosis, render: Any) -> None:
    write_bytes(path, render(result).encode())


if __name__ == "__main__":
    raise SystemExit(main())

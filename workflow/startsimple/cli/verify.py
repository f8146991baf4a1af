"""startsimple verify and startsimple seal: checks that train nothing, and the seal they check."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from startsimple.audit.claims import check_code, check_gates
from startsimple.audit.outside import check_outside
from startsimple.audit.verifier import Answer, Trail, answered, run_checks, show
from startsimple.schema.errors import UserError, nearest


def verify(argv: list[str]) -> int:
    """Check a run against its records.

    Args:
        argv: The command line without the command's name.

    Returns:
        0 if all that was asked for holds, 1 if not.

    Raises:
        UserError: If there is no such run.
    """
    parser = argparse.ArgumentParser("startsimple verify", description=verify.__doc__)
    parser.add_argument("run", help="name of the run below results/, or its folder")
    parser.add_argument("--ledger", type=Path, help="the ledger, if it is not beside the run")
    parser.add_argument("--signers", type=Path, help="file of the keys that you trust")
    parser.add_argument("--head", help="hash of a ledger line that you have from elsewhere")
    parser.add_argument("--crate", action="store_true", help="validate the RO-Crate, too")
    parser.add_argument("--rerun", metavar="STAGE", help="run a stage again and compare bits")
    parser.add_argument("--json", action="store_true", help="print the answers as JSON")
    given = parser.parse_args(argv)
    for path in (given.ledger, given.signers):
        if path is not None and not path.is_file():
            raise UserError(f"There is no file {path}.")
    trail = Trail(find_run(given.run), given.ledger)
    answers = light_checks(trail, given.signers, given.head)
    answers += [_crate(trail, given.crate), _rerun(trail, given.rerun)]
    held = not any(answer.findings for answer in answers)
    if given.json:
        print(json.dumps({"run": trail.name, "holds": held, "checks": _plain(answers)}, indent=1))
    else:
        print(show(answers))
        print(_summary(trail, answers))
    return 0 if held else 1


def light_checks(
    trail: Trail, signers: Path | None = None, head: str | None = None
) -> list[Answer]:
    """Make the checks 1 to 8, which take a second or two and import nothing heavy.

    Args:
        trail: The run.
        signers: File of trusted keys.
        head: Hash of a ledger line known from elsewhere.
    """
    return [
        *run_checks(trail, signers, head),
        answered(6, "gates", check_gates, trail),
        answered(7, "code", check_code, trail),
        answered(8, "outside", check_outside, trail),
    ]


def find_run(name: str) -> Path:
    """Return the folder of a run, given by its name or its path.

    Raises:
        UserError: If there is none.
    """
    for folder in (Path("results") / name, Path(name)):
        if (folder / "audit").is_dir():
            return folder
    known = [path.parent.name for path in sorted(Path("results").glob("*/audit"))]
    raise UserError(f"There is no run '{name}' below results/. {nearest(name, known)}")


def _crate(trail: Trail, asked: bool) -> Answer:
    if not asked:
        return Answer(9, "crate", "not asked for: add --crate", skipped=True)
    from startsimple.audit.crate_check import check_crate

    return answered(9, "crate", check_crate, trail)


def _rerun(trail: Trail, stage: str | None) -> Answer:
    if stage is None:
        return Answer(10, "rerun", "not asked for: add --rerun STAGE", skipped=True)
    from startsimple.audit.reproduce import check_rerun

    return answered(10, "rerun", check_rerun, trail, stage)


def _summary(trail: Trail, answers: list[Answer]) -> str:
    failed = [answer.name for answer in answers if answer.findings]
    skipped = [answer.name for answer in answers if "SKIPPED" in (answer.status, answer.told[:7])]
    skipped += [a.name for a in answers if a.name not in skipped and "SKIPPED" in a.told]
    told = f"NOT what was recorded: {', '.join(failed)}" if failed else "all that was checked holds"
    return f"{trail.name}: {told}" + (f"; SKIPPED: {', '.join(skipped)}" if skipped else "")


def _plain(answers: list[Answer]) -> list[dict[str, Any]]:
    names = ("number", "name", "status", "told", "findings")
    return [{name: getattr(answer, name) for name in names} for answer in answers]


def seal(argv: list[str]) -> int:
    """Write a run's manifest, note it in the ledger, and sign both.

    Args:
        argv: The command line without the command's name.

    Returns:
        0.

    Raises:
        UserError: If the run cannot be sealed.
    """
    from startsimple.audit import seal as sealing

    parser = argparse.ArgumentParser("startsimple seal", description=seal.__doc__)
    parser.add_argument("run", help="name of the run: a folder below results/")
    parser.add_argument("--key", type=Path, help="private SSH key to sign with")
    given = parser.parse_args(argv)
    folder = find_run(given.run)
    sealed = sealing.seal(folder.parent.parent, folder.name, given.key)
    print(f"sealed   {sealed.files} files, root {sealed.root}")
    print(f"head     {sealed.hash}, line {sealed.count} of the ledger; keep it elsewhere")
    if given.key is None:
        print("SKIPPED  the signature: add --key", file=sys.stderr)
    return 0

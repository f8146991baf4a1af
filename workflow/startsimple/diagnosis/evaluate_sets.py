"""Sets of programs with known answers, read from the folder that holds them.

A set is a folder with `index.json` (modules: faulty ones and correct ones, in two halves) or with
`cases.json` (scripts: `<id>_buggy.py` and `<id>_fixed.py`; a correct one alone accepts no fault).
"""

from collections.abc import Iterator
from pathlib import Path

from startsimple.diagnosis.evaluate_report import Program
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError


def read_modules(folder: Path) -> Iterator[Program]:
    """Read a set of modules from its index.json.

    Args:
        folder: Folder of the index and of the files that it names.

    Yields:
        The programs, in the order of the index.
    """
    for entry in read_json(folder / "index.json"):
        file = folder / entry["file"]
        accepted = entry.get("both") or ([entry["accept"]] if entry["accept"] else [])
        yield Program(
            name=entry["name"],
            arguments=(
                "--module",
                f"{file}:{entry['module']}",
                "--data",
                f"{file}:{entry['data']}",
            ),
            files=(file,),
            half="held out" if entry["held_out"] else "visible",
            groups=tuple(frozenset(group) for group in accepted),
            stages=frozenset(entry["stages"]),
        )


def read_scripts(folder: Path) -> Iterator[Program]:
    """Read a set of scripts from its cases.json.

    Args:
        folder: Folder of cases.json and of the pairs of scripts.

    Yields:
        The faulty script, if there is one, and the correct one of each case.
    """
    for name, case in sorted(read_json(folder / "cases.json").items()):
        kinds: dict[str, tuple[frozenset[str], ...]] = {"fixed": ()}
        if case["accept"]:
            groups = case.get("both", [case["accept"]])
            kinds = {"buggy": tuple(map(frozenset, groups)), **kinds}
        for kind, accepted in kinds.items():
            file = folder / f"{name}_{kind}.py"
            yield Program(f"{name}_{kind}", (str(file),), (file,), "scripts", accepted)


def read_set(folder: Path) -> list[Program]:
    """Read the programs of a folder.

    Args:
        folder: Folder with index.json or cases.json.

    Returns:
        Its programs.

    Raises:
        UserError: If the folder holds neither.
    """
    if (folder / "index.json").is_file():
        return list(read_modules(folder))
    if (folder / "cases.json").is_file():
        return list(read_scripts(folder))
    raise UserError(f"{folder} holds neither index.json nor cases.json; name a folder of programs")

"""When each gate's threshold was set: the commit that last changed it, and whether it is later.

The check ids stand in the docstrings of `schema/stages.py`, beside the field that holds the
threshold; git knows who changed that line last. A value that the config overrides was set by the
last commit to conf/, or on the command line of this very run.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from startsimple.schema import stages
from startsimple.schema.verdict import Check

_SOURCE = "workflow/startsimple/schema/stages.py"
_UNCOMMITTED = "0" * 40
_THIS_RUN: dict[str, str | None] = {"commit": None, "time": None}
_DIRTY: dict[str, str | None] = {"commit": "uncommitted", "time": None}


def gates(
    root: Path, stage: str, checks: Sequence[Check], config: dict[str, Any], overrides: list[str]
) -> list[dict[str, Any]]:
    """Describe a stage's gates with the commit that set each threshold.

    Args:
        root: The repository.
        stage: Name of the stage.
        checks: The checks of its verdict.
        config: The stage's config slice, resolved.
        overrides: Overrides of the command line.

    Returns:
        Per check its id, value, op, threshold, status, source and waiver, and `set`: the setting
        if one holds the threshold, where it was set, by which commit ("uncommitted" if the tree
        was dirty there, None outside of git) and when that was made.
    """
    settings = _settings(stage)
    lines = _blame(root)
    own: dict[str, Any] = config.get("stage", {}).get(stage, {})
    conf = _last_commit(root, "conf")
    code = _last_commit(root, "workflow/startsimple")
    found: list[dict[str, Any]] = []
    for check in checks:
        named = settings.get(check.id, [])
        # A check may have a budget besides its bound: the bound is the one that it was held to.
        name = next(
            (n for n in named if own.get(n) == check.threshold), named[0] if named else None
        )
        if name is None:
            # Not a setting: the bound is written in the code of the stage or of its probe.
            setting = {"setting": None, "where": "code", **code}
        elif any(item.split("=")[0].lstrip("+") == f"stage.{stage}.{name}" for item in overrides):
            setting = {"setting": name, "where": "command line", **_THIS_RUN}
        elif own.get(name) != _default(stage, name):
            setting = {"setting": name, "where": "conf", **conf}
        else:
            line = lines.get(f"{stage}.{name}", _THIS_RUN)
            setting = {"setting": name, "where": _SOURCE, **line}
        waiver = own.get("waive", {}).get(check.id)
        found.append({**_told(check), "waiver": waiver, "set": setting})
    return found


def _told(check: Check) -> dict[str, Any]:
    names = ("id", "value", "op", "threshold", "source")
    return {name: getattr(check, name) for name in names} | {"status": str(check.status)}


def _class_of(stage: str) -> Any:
    return type(getattr(stages.StagesConfig(), stage, None))


def _default(stage: str, name: str) -> Any:
    return getattr(getattr(stages.StagesConfig(), stage), name)


def _settings(stage: str) -> dict[str, list[str]]:
    """Return the settings that decide each check, from the docstring's check ids."""
    known = {item.name for item in fields(stages.StagesConfig)}
    if stage not in known:
        return {}
    found: dict[str, list[str]] = {}
    for line in (_class_of(stage).__doc__ or "").splitlines():
        told = re.match(r"\s+(\w+): (?:[A-Z]-\d+(?:, )?)+", line)
        for id in re.findall(r"\b[A-Z]-\d\d\b", told[0]) if told else ():
            found.setdefault(id, []).append(told[1] if told else "")
    return found


def _blame(root: Path) -> dict[str, dict[str, str | None]]:
    """Return the commit that last changed each setting's line, by "stage.setting"."""
    told = _git(root, "blame", "--porcelain", "--", _SOURCE)
    classes = {_class_of(item.name).__name__: item.name for item in fields(stages.StagesConfig)}
    found: dict[str, dict[str, str | None]] = {}
    times: dict[str, str] = {}
    commit = stage = ""
    for line in told.splitlines():
        if header := re.match(r"([0-9a-f]{40}) \d+ \d+", line):
            commit = header[1]
        elif line.startswith("committer-time "):
            moment = datetime.fromtimestamp(int(line.split()[1]), UTC)
            times[commit] = moment.isoformat(timespec="seconds")
        elif opened := re.match(r"\tclass (\w+)", line):
            stage = classes.get(opened[1], "")
        elif (setting := re.match(r"\t    (\w+): .* = ", line)) and stage:
            own = {"commit": commit, "time": times.get(commit)}
            found[f"{stage}.{setting[1]}"] = _DIRTY if commit == _UNCOMMITTED else own
    return found


def _last_commit(root: Path, place: str) -> dict[str, str | None]:
    """Return the last commit to a place and its time, "uncommitted" if it was changed since."""
    if _git(root, "status", "--porcelain", "--", place):
        return _DIRTY
    told = _git(root, "log", "-1", "--format=%H %ct", "--", place).split()
    if not told:
        return _THIS_RUN
    moment = datetime.fromtimestamp(int(told[1]), UTC)
    return {"commit": told[0], "time": moment.isoformat(timespec="seconds")}


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""

"""Attempts that are under way, and those that a kill left open."""

import json
import os
import socket
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.schema.canonical import file_digest, read_json, write_json


def audit_folder(root: Path, run: str) -> Path:
    """Return the folder that holds a run's records."""
    return root / "results" / run / "audit"


def reserve(folder: Path) -> tuple[Path, int]:
    """Take the next free attempt number of a stage; no two processes get the same one.

    Args:
        folder: The stage's folder of records, which exists.

    Returns:
        The marker that says that the attempt is under way, and its number.
    """
    for number in count(1):
        marker = folder / f"attempt-{number}.open.json"
        try:
            with marker.open("x", encoding="utf-8") as stream:
                json.dump(_identity(), stream)
        except FileExistsError:
            continue
        # Asked only now: another process may have closed this number just before.
        if not (folder / f"attempt-{number}.json").exists():
            return marker, number
        marker.unlink()
    raise AssertionError("numbers do not end")


def close_abandoned(root: Path, run: str) -> list[Path]:
    """Close, as aborted, every attempt of a run whose process is gone.

    Args:
        root: The repository.
        run: Name of the run.

    Returns:
        The records that were written.
    """
    closed: list[Path] = []
    for marker in sorted(audit_folder(root, run).glob("*/attempt-*.open.json")):
        identity = _read(marker)
        if _alive(identity):
            continue
        path = marker.with_name(marker.name.replace(".open.json", ".json"))
        with ledger.writable(path.parent):
            if not path.exists():
                write_json(path, _aborted(run, path, identity))
                closed.append(path)
            marker.unlink(missing_ok=True)
        event = {"event": "stage", "run": run, "stage": path.parent.name, "status": "aborted"}
        facts = {"attempt": _number(path), "record_sha256": file_digest(path)}
        ledger.append(root, {**event, **facts})
    return closed


def _aborted(run: str, path: Path, identity: dict[str, Any]) -> dict[str, Any]:
    noticed = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "schema": "startsimple.attempt/1",
        "run": run,
        "stage": path.parent.name,
        "attempt": _number(path),
        "status": "aborted",
        "error": "the process was killed before it could write its record",
        "time": {"start": identity.get("start"), "end": None, "noticed": noticed},
        "host": {"name": identity.get("host")},
    }


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("attempt-"))


def _identity() -> dict[str, Any]:
    import psutil

    return {
        "pid": os.getpid(),
        "born": psutil.Process().create_time(),
        "host": socket.gethostname(),
        "start": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


def _read(marker: Path) -> dict[str, Any]:
    try:
        return read_json(marker)
    except (OSError, ValueError):
        # Killed between creating the marker and filling it.
        return {}


def _alive(identity: dict[str, Any]) -> bool:
    """Return whether the process behind a marker still runs, as far as this host can know."""
    import psutil

    if "pid" not in identity:
        return False
    if identity["host"] != socket.gethostname():
        return True
    try:
        born = psutil.Process(identity["pid"]).create_time()
    except psutil.Error:
        return False
    return abs(born - identity["born"]) < 1.0

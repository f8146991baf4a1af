"""The ledger: what happened, in order, in a chain that shows when a line is changed.

Every line holds the hash of the line before it; HEAD.json holds the number of lines and the
last hash, so that a cut tail shows too.
"""

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from startsimple.audit.verifier import entry_hash
from startsimple.schema.canonical import canonical, read_json, write_json
from startsimple.schema.errors import UserError

EVENTS = ("start", "stage", "gate", "waiver", "test_opened", "seal")
GENESIS = "0" * 64


def append(root: Path, event: dict[str, Any]) -> dict[str, Any]:
    """Add one event to results/ledger.jsonl and move results/HEAD.json to it.

    Args:
        root: The repository, which holds results/.
        event: `event` (one of EVENTS), `run`, `stage` if it belongs to one, and any further
            facts, JSON only.

    Returns:
        The entry as written: the event with its number, time, and both hashes.

    Raises:
        UserError: If results/ cannot be written, or the ledger is not what HEAD.json says.
    """
    if event["event"] not in EVENTS:
        raise ValueError(f"unknown ledger event {event['event']!r}")
    results = root / "results"
    with writable(results), _locked(results):
        last = _last(results)
        entry: dict[str, Any] = {
            **event,
            "seq": last["seq"] + 1 if last else 1,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "prev": last["hash"] if last else GENESIS,
        }
        entry["hash"] = entry_hash(entry)
        with (results / "ledger.jsonl").open("ab") as stream:
            stream.write((canonical(entry) + "\n").encode())
            stream.flush()
            os.fsync(stream.fileno())
        write_json(results / "HEAD.json", {"count": entry["seq"], "hash": entry["hash"]})
    return entry


def events(root: Path, run: str | None = None) -> list[dict[str, Any]]:
    """Return the ledger's entries, of one run or of all, oldest first."""
    path = root / "results" / "ledger.jsonl"
    if not path.exists():
        return []
    entries = [_parse(line) for line in path.read_bytes().splitlines() if line]
    return [entry for entry in entries if run is None or entry.get("run") == run]


def openings(root: Path, run: str) -> int:
    """Return how often a run has opened its test split (E-13)."""
    return sum(entry["event"] == "test_opened" for entry in events(root, run))


@contextmanager
def writable(folder: Path) -> Generator[None]:
    """Turn a refused write below a folder into one sentence for people.

    Raises:
        UserError: If the system refuses to write.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UserError(
            f"Cannot write below {folder}: {error.strerror}. Make the folder writable, or free "
            "space on its disk, and climb again; what is already proven is kept."
        ) from error


@contextmanager
def _locked(results: Path) -> Generator[None]:
    with (results / ".ledger.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last(results: Path) -> dict[str, Any] | None:
    """Return the newest entry, once it is known that nothing was cut off before."""
    path = results / "ledger.jsonl"
    head = read_json(results / "HEAD.json") if (results / "HEAD.json").exists() else None
    whole = path.read_bytes() if path.exists() else b""
    if whole and not whole.endswith(b"\n"):
        # A line that a power cut left unfinished was never acknowledged by HEAD.json.
        whole = whole[: whole.rfind(b"\n") + 1]
        os.truncate(path, len(whole))
    lines = whole.splitlines()
    hashes = {_parse(line)["hash"] for line in lines[-2:]}
    # A kill between the two writes leaves HEAD.json one line behind, never ahead.
    if head and head["hash"] not in hashes:
        raise UserError(
            f"{path} is not the ledger that {results}/HEAD.json closes: lines were removed or "
            "changed. Restore it, or move both files aside to begin a new ledger."
        )
    return _parse(lines[-1]) if lines else None


def _parse(line: bytes) -> dict[str, Any]:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UserError(
            "results/ledger.jsonl holds a line that is not JSON: restore the file, or move it "
            "and results/HEAD.json aside to begin a new ledger."
        ) from error

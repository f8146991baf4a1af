"""One record per attempt at a stage, written whatever happens: finished, failed or aborted."""

import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.facts import Attempt, measured
from startsimple.audit.open_attempts import close_abandoned, reserve
from startsimple.audit.parents import refuse_changed
from startsimple.audit.watch import FileWatch, Sampler, usage
from startsimple.schema.canonical import file_digest, write_json
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Verdict

SCHEMA = "startsimple.attempt/1"


@contextmanager
def attempt(
    root: Path,
    run: str,
    stage: str,
    *,
    config: dict[str, Any],
    digests: dict[str, str],
    sample_seconds: float = 2.0,
) -> Generator[Attempt]:
    """Record one attempt at a stage; the record is written even if the stage fails.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.
        stage: Name of the stage.
        config: The stage's config slice, resolved.
        digests: Digests of config, data, code and env, as in the verdict.
        sample_seconds: Time between two samples of processor and memory.

    Yields:
        The attempt: call `conclude` on it once verdict.json is written.

    Raises:
        UserError: If results/ cannot be written.
    """
    facts = Attempt(root, run, stage, config, digests)
    close_abandoned(root, run)
    with ledger.writable(facts.audit):
        marker, number = reserve(facts.audit)
        since = marker.stat().st_mtime_ns
    facts.event("start", {"attempt": number})
    started, clock = datetime.now(UTC), time.monotonic()
    outcome: dict[str, Any] = {"status": "aborted", "error": "the process was stopped"}
    watch, sampler = FileWatch(root, facts.folder), Sampler(sample_seconds)
    try:
        with _terminable():
            # Before the watch, which would take this reading for the stage's own.
            refuse_changed(root, run, stage, config)
            with sampler, watch:
                yield facts
        outcome = {"status": "finished", "error": None}
    except Exception as error:
        outcome = {"status": "failed", "error": _sentence(error)}
        raise
    finally:
        times = {
            "start": started.isoformat(timespec="milliseconds"),
            "end": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "seconds": round(time.monotonic() - clock, 3),
            **usage(),
        }
        record = {"schema": SCHEMA, "run": run, "stage": stage, "attempt": number, **outcome}
        seen = _measured(facts, watch, since)
        _close(facts, marker, {**record, "time": times, **seen, "samples": sampler.samples})


def _measured(facts: Attempt, watch: FileWatch, since: int) -> dict[str, Any]:
    """Collect what is read from the machine; whatever fails there, a record is written."""
    try:
        return measured(facts, watch, since)
    except Exception as error:
        return {"unmeasured": _sentence(error)}


def _close(facts: Attempt, marker: Path, record: dict[str, Any]) -> None:
    """Write the record and the ledger's lines about it, then drop the marker."""
    path = facts.audit / f"attempt-{record['attempt']}.json"
    with ledger.writable(facts.audit):
        write_json(path, record)
        marker.unlink(missing_ok=True)
    facts.event(
        "stage",
        {
            "attempt": record["attempt"],
            "status": record["status"],
            "record_sha256": file_digest(path),
        },
    )
    if facts.verdict is not None and record["status"] == "finished":
        _record_gate(facts, facts.verdict)


def _record_gate(facts: Attempt, verdict: Verdict) -> None:
    """Append the gate's answer and its waivers to the ledger."""
    shown = verdict.decider()
    written = facts.folder / "verdict.json"
    gate = {
        "status": str(verdict.status),
        "check": shown.id if shown else None,
        "verdict_sha256": file_digest(written) if written.exists() else None,
    }
    facts.event("gate", gate)
    for check in verdict.checks:
        if check.evidence.startswith("waived ("):
            facts.event("waiver", {"check": check.id, "evidence": check.evidence})


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"


@contextmanager
def _terminable() -> Generator[None]:
    """Let SIGTERM end the stage like an exception, so that its record is still written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: Any) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

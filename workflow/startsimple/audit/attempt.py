"""One record per attempt at a stage, written whatever happens: finished, failed or aborted."""

import re
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.fingerprint import source_files
from startsimple.audit.git import git_state
from startsimple.audit.host import distributions, host
from startsimple.audit.numerics import describe
from startsimple.audit.open_attempts import audit_folder, close_abandoned, reserve
from startsimple.audit.watch import FileWatch, Sampler, usage
from startsimple.schema.canonical import (
    canonical,
    digest,
    file_digest,
    read_json,
    write_bytes,
    write_json,
)
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Verdict

SCHEMA = "startsimple.attempt/1"


@dataclass
class Attempt:
    """What the runner knows about an attempt; the rest is measured.

    Attributes:
        root: The repository, which holds results/.
        run: Name of the run.
        stage: Name of the stage.
        config: The stage's config slice, resolved.
        digests: Digests of config, data, code and env, as in the verdict.
        device: The device that was really used; None until the stage has said so.
        verdict: The stage's answer; None until it has one.
    """

    root: Path
    run: str
    stage: str
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    digests: dict[str, str] = field(default_factory=dict[str, str])
    device: str | None = None
    verdict: Verdict | None = None

    @property
    def folder(self) -> Path:
        """The stage's folder of artefacts."""
        return self.root / "results" / self.run / self.stage

    @property
    def audit(self) -> Path:
        """The stage's folder of records."""
        return audit_folder(self.root, self.run) / self.stage

    def conclude(self, verdict: Verdict) -> None:
        """Note the stage's answer, once verdict.json is written."""
        self.verdict = verdict
        self.device = self.device or verdict.numbers.get("device") or _device_in_use()

    def event(self, event: str, facts: dict[str, Any]) -> None:
        """Append an event of this stage to the ledger."""
        ledger.append(self.root, {"event": event, "run": self.run, "stage": self.stage, **facts})


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
    facts.event("start", {"attempt": number})
    started, clock = datetime.now(UTC), time.monotonic()
    outcome: dict[str, Any] = {"status": "aborted", "error": "the process was stopped"}
    watch, sampler = FileWatch(root, facts.folder), Sampler(sample_seconds)
    try:
        with _terminable(), sampler, watch:
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
        measured = _measured(facts, watch)
        _close(facts, marker, {**record, "time": times, **measured, "samples": sampler.samples})


def _measured(facts: Attempt, watch: FileWatch) -> dict[str, Any]:
    """Collect everything that is read from the machine and the repository."""
    git = git_state(facts.root)
    if git.diff:
        patch = audit_folder(facts.root, facts.run) / f"diff-{str(git.diff_sha256)[:12]}.patch"
        with ledger.writable(patch.parent):
            write_bytes(patch, git.diff)
    return {
        "argv": [sys.executable, *sys.argv],
        "config": {
            "digest": digest(facts.config),
            "resolved": facts.config,
            "overrides": _overrides(facts),
        },
        "digests": dict(facts.digests),
        "code": {"git": git.summary(), "files": source_files(_entries(facts), facts.root)},
        "env": {"lock_sha256": _lock(facts.root), "distributions": distributions()},
        "parents": _parents(facts),
        "inputs": [_file(facts.root, name, sha) for name, sha in sorted(watch.read.items())],
        "outputs": _outputs(facts, watch),
        "verdict": str(facts.verdict.status) if facts.verdict else None,
        "device": facts.device,
        "numerics": describe(),
        "host": host(),
    }


def _overrides(facts: Attempt) -> list[str]:
    """Return the overrides as the user gave them, from the climb's own config file."""
    path = facts.root / "results" / facts.run / "config.json"
    return list(read_json(path).get("overrides", [])) if path.exists() else []


def _entries(facts: Attempt) -> list[str]:
    """Return what the stage's imports start from: its module, and what its config names."""
    named = re.findall(r'"_target_":"([^"]+)"', canonical(facts.config))
    return [f"startsimple.stages.{facts.stage}", *sorted(set(named))]


def _device_in_use() -> str | None:
    """Return the accelerator that this process has initialised; cpu if it only loaded torch."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    return "cuda" if torch.cuda.is_initialized() else "cpu"


def _parents(facts: Attempt) -> dict[str, str]:
    """Return the SHA-256 of each other stage's newest record: the trail's own graph."""
    newest: dict[str, Path] = {}
    for path in audit_folder(facts.root, facts.run).glob("*/attempt-*.json"):
        known = newest.get(path.parent.name)
        if path.parent.name != facts.stage and _number(path) > (_number(known) if known else 0):
            newest[path.parent.name] = path
    return {stage: file_digest(path) for stage, path in sorted(newest.items())}


def _number(path: Path) -> int:
    text = path.stem.removeprefix("attempt-")
    return int(text) if text.isdigit() else 0


def _outputs(facts: Attempt, watch: FileWatch) -> list[dict[str, Any]]:
    """List what now lies in the stage's folder, and what it wrote below data/."""
    # Logs still grow after the record is written.
    below = [path for path in facts.folder.rglob("*") if path.is_file() and path.suffix != ".log"]
    names = {path.relative_to(facts.root).as_posix() for path in below}
    names |= {name for name in watch.written if name.startswith("data/")}
    existing = [name for name in sorted(names) if (facts.root / name).is_file()]
    return [_file(facts.root, name, file_digest(facts.root / name)) for name in existing]


def _file(root: Path, name: str, sha256: str) -> dict[str, Any]:
    path = root / name
    return {"path": name, "sha256": sha256, "size": path.stat().st_size if path.exists() else None}


def _lock(root: Path) -> str | None:
    lock = root / "requirements.lock"
    return file_digest(lock) if lock.exists() else None


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

"""What an attempt at a stage is made of: the runner's facts, and what is read from the machine."""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.fingerprint import source_files
from startsimple.audit.git import git_state
from startsimple.audit.host import distributions, host
from startsimple.audit.numerics import describe
from startsimple.audit.open_attempts import audit_folder
from startsimple.audit.parents import newest_records
from startsimple.audit.tensors import content_digest, read_tensors
from startsimple.audit.thresholds import gates
from startsimple.audit.watch import FileWatch
from startsimple.schema.canonical import canonical, digest, file_digest, read_json, write_bytes
from startsimple.schema.verdict import Verdict


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


def measured(facts: Attempt, watch: FileWatch, since: int) -> dict[str, Any]:
    """Collect everything that is read from the machine and the repository.

    Args:
        facts: The attempt, after its stage has ended.
        watch: What the stage read and wrote.
        since: When the attempt began, in nanoseconds of the results' own file system.

    Returns:
        The fields of the record that the runner does not know.
    """
    git = git_state(facts.root)
    if git.diff:
        patch = audit_folder(facts.root, facts.run) / f"diff-{str(git.diff_sha256)[:12]}.patch"
        with ledger.writable(patch.parent):
            write_bytes(patch, git.diff)
    outputs = _outputs(facts, watch, since)
    # A unit that a worker process has just written is read by this one, but is no input.
    own = {item["path"] for item in outputs if "/units/" in item["path"]}
    read = {name: sha for name, sha in watch.read.items() if name not in own}
    overrides = _overrides(facts)
    checks = facts.verdict.checks if facts.verdict else ()
    installed = distributions()
    return {
        "argv": [sys.executable, *sys.argv],
        "config": {
            "digest": digest(facts.config),
            "resolved": facts.config,
            "overrides": overrides,
        },
        "digests": dict(facts.digests),
        "code": {"git": git.summary(), "files": source_files(_entries(facts), facts.root)},
        "env": {
            "lock_sha256": _lock(facts.root),
            "differs_from_lock": _differences(facts.root, installed),
            "distributions": installed,
        },
        "parents": _parents(facts),
        "pointer": _pointer(facts),
        "inputs": [_file(facts.root, name, sha) for name, sha in sorted(read.items())],
        "outputs": outputs,
        "gates": gates(facts.root, facts.stage, checks, facts.config, overrides),
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


def _parents(facts: Attempt) -> dict[str, str]:
    """Return the SHA-256 of each other stage's newest record: the trail's own graph."""
    newest = newest_records(facts.root, facts.run)
    return {stage: file_digest(path) for stage, path in newest.items() if stage != facts.stage}


def _outputs(facts: Attempt, watch: FileWatch, since: int) -> list[dict[str, Any]]:
    """List what this attempt wrote: in its folder, as units of the run, and below data/.

    Worker processes write too, unseen by the watch: a file that changed since the start is ours.
    """
    places = (facts.folder, facts.folder.parent / "units")
    # Logs still grow after the record is written.
    below = [path for place in places for path in place.rglob("*") if path.suffix != ".log"]
    for name in watch.written:
        if name.startswith("data/"):
            written = facts.root / name
            below += written.rglob("*") if written.is_dir() else [written]
    found: list[dict[str, Any]] = []
    for path in sorted({path for path in below if path.is_file()}):
        name = path.relative_to(facts.root).as_posix()
        if path.stat().st_mtime_ns >= since or name in watch.written:
            found.append(_file(facts.root, name, file_digest(path)) | _content(path))
    return found


def _content(path: Path) -> dict[str, str]:
    """Return the digest of a file's tensors, which does not depend on how they are stored."""
    if path.suffix != ".safetensors":
        return {}
    try:
        return {"content_digest": content_digest(read_tensors(path))}
    except ValueError:
        return {}


def _file(root: Path, name: str, sha256: str) -> dict[str, Any]:
    path = root / name
    return {"path": name, "sha256": sha256, "size": path.stat().st_size if path.exists() else None}


def _lock(root: Path) -> str | None:
    lock = root / "requirements.lock"
    return file_digest(lock) if lock.exists() else None


def _differences(
    root: Path, installed: dict[str, dict[str, str | None]]
) -> dict[str, dict[str, str | None]]:
    """Return what is installed in another version than the lock file pins, or not at all."""
    lock = root / "requirements.lock"
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.exists() else []
    pins = dict(line.split("==", 1) for line in lines if "==" in line)
    found: dict[str, dict[str, str | None]] = {}
    for name, pinned in pins.items():
        here = installed.get(re.sub(r"[-_.]+", "_", name).lower(), {}).get("version")
        # A build's local label, such as torch's +cpu, is no other version.
        if (here or "").split("+")[0] != pinned.strip():
            found[name] = {"locked": pinned.strip(), "installed": here}
    return found


def _pointer(facts: Attempt) -> dict[str, str] | None:
    """Return the dataset's DVC pointer by path, SHA-256 of its bytes, and the md5 that it pins."""
    name = str((facts.config.get("dataset") or {}).get("pointer"))
    path = facts.root / name
    if not path.is_file():
        return None
    pinned = re.search(r"md5: *(\S+)", path.read_text(encoding="utf-8"))
    return {"path": name, "sha256": file_digest(path), "dvc_md5": pinned[1] if pinned else ""}


def _device_in_use() -> str | None:
    """Return the accelerator that this process has initialised; cpu if it only loaded torch."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    return "cuda" if torch.cuda.is_initialized() else "cpu"

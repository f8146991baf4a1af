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


def measured(facts: Attempt, watch: FileWatch) -> dict[str, Any]:
    """Collect everything that is read from the machine and the repository.

    Args:
        facts: The attempt, after its stage has ended.
        watch: What the stage read and wrote.

    Returns:
        The fields of the record that the runner does not know.
    """
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


def _device_in_use() -> str | None:
    """Return the accelerator that this process has initialised; cpu if it only loaded torch."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    return "cuda" if torch.cuda.is_initialized() else "cpu"

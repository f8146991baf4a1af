"""Sealing a run: its manifest, the ledger's line about it, and a signature over both."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.crate import write_crate
from startsimple.audit.open_attempts import audit_folder, close_abandoned
from startsimple.audit.parents import written_by
from startsimple.audit.verifier import (
    NAMESPACE,
    SIGNED,
    checksums,
    file_sha256,
    merkle_root,
    run_files,
)
from startsimple.schema.canonical import canonical, write_bytes
from startsimple.schema.errors import UserError
from startsimple.schema.stages import LADDER

# What a reviewer needs of the repository beside the run: the pins, and the workflow's entry.
_KEPT = ("requirements.lock", "Snakefile")


@dataclass(frozen=True)
class Seal:
    """A sealed run: number and hash of the ledger's line, root of the manifest, files in it."""

    count: int
    hash: str
    root: str
    files: int


def seal(root: Path, run: str, key: Path | None = None) -> Seal:
    """Write a run's crate and manifest, note its digest in the ledger, and sign it on request.

    Sealing again what has not changed adds nothing.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.
        key: Private SSH key to sign with.

    Returns:
        The seal.

    Raises:
        UserError: If the run does not exist, is under way, holds a file that is not what its
            stage wrote, or cannot be signed.
    """
    folder = root / "results" / run
    if not (folder / "config.json").is_file():
        raise UserError(f"There is no run '{run}' below {root / 'results'}: climb it first.")
    with ledger.writable(audit_folder(root, run)):
        close_abandoned(root, run)
        _refuse(root, run)
        for name in _KEPT:
            if (root / name).is_file():
                _copy(root / name, folder / "audit" / name)
        write_crate(root, run)
        sealed = _manifest(root, run)
    if key is not None:
        _sign(folder, key)
    return sealed


def _refuse(root: Path, run: str) -> None:
    """Refuse to vouch for a run that still changes, or that was changed."""
    folder = audit_folder(root, run)
    if under_way := sorted(folder.glob("*/attempt-*.open.json")):
        raise UserError(
            f"{under_way[0].parent.name} of run '{run}' is under way: wait for its end."
        )
    for name, (sha256, _) in written_by(root, run, LADDER).items():
        if (root / name).is_file() and file_sha256(root / name) != sha256:
            raise UserError(f"{name} is not what its stage wrote: it cannot be sealed like that.")


def _copy(source: Path, target: Path) -> None:
    if not target.is_file() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)


def _manifest(root: Path, run: str) -> Seal:
    folder = root / "results" / run
    files: dict[str, dict[str, Any]] = {
        name: {"sha256": file_sha256(folder / name), "size": (folder / name).stat().st_size}
        for name in run_files(folder)
    }
    top = merkle_root(files)
    content = {"schema": "startsimple.manifest/1", "run": run, "files": files, "root": top}
    manifest = folder / SIGNED[0]
    _write(manifest, f"{canonical(content, indent=1)}\n")
    _write(folder / "audit/MANIFEST.sha256", checksums(files))
    sealed = {"event": "seal", "run": run, "root": top, "manifest_sha256": file_sha256(manifest)}
    seals = [entry for entry in ledger.events(root, run) if entry["event"] == "seal"]
    if seals and seals[-1]["manifest_sha256"] == sealed["manifest_sha256"]:
        entry = seals[-1]
    else:
        for name in SIGNED:
            # A signature of what was sealed before vouches for nothing now.
            (folder / f"{name}.sig").unlink(missing_ok=True)
        entry = ledger.append(root, sealed)
    head = {"count": entry["seq"], "hash": entry["hash"]}
    _write(folder / SIGNED[1], f"{canonical(head, indent=1)}\n")
    return Seal(entry["seq"], entry["hash"], top, len(files))


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_bytes() != text.encode():
        write_bytes(path, text.encode())


def _sign(folder: Path, key: Path) -> None:
    if not key.is_file():
        raise UserError(f"There is no key {key}: make one with `ssh-keygen -t ed25519 -f {key}`.")
    for name in SIGNED:
        (folder / f"{name}.sig").unlink(missing_ok=True)
        command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(folder / name)]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise UserError("ssh-keygen is not installed: install openssh's client.") from error
        if done.returncode:
            raise UserError(f"ssh-keygen could not sign with {key}: {done.stderr.strip()}")

"""Which version of the code ran: commit, branch, and the exact difference from that commit."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Where the thresholds live: the commit that last touched them says when the rules were set.
_THRESHOLDS = ("conf", "workflow/startsimple/schema/stages.py")
# Larger untracked files are data, not source; they are named but not copied into the diff.
_LARGEST_SOURCE = 1_000_000


@dataclass(frozen=True)
class GitState:
    """State of the working tree.

    Attributes:
        commit: Full hash of HEAD, None outside of a repository.
        branch: Name of the branch, None if detached or outside.
        dirty: True if tracked or new source files differ from the commit.
        diff_sha256: SHA-256 of `diff`, None if clean.
        diff: Binary-safe patch against the commit, new files included.
        left_out: New files that are too large to be source.
        thresholds_commit: Commit that last changed a threshold or the config.
    """

    commit: str | None = None
    branch: str | None = None
    dirty: bool = False
    diff_sha256: str | None = None
    diff: bytes = b""
    left_out: tuple[str, ...] = ()
    thresholds_commit: str | None = None

    def summary(self) -> dict[str, str | bool | list[str] | None]:
        """Return everything but the patch itself."""
        return {
            "commit": self.commit,
            "branch": self.branch,
            "dirty": self.dirty,
            "diff_sha256": self.diff_sha256,
            "left_out": list(self.left_out),
            "thresholds_commit": self.thresholds_commit,
        }


def git_state(root: Path) -> GitState:
    """Read the state of the working tree without changing anything in the repository.

    Args:
        root: The repository.

    Returns:
        The state; an empty one if git is missing or root is in no repository.
    """
    commit = _git(root, "rev-parse", "HEAD").strip().decode()
    if not commit:
        return GitState()
    branch = _git(root, "symbolic-ref", "--short", "-q", "HEAD").strip().decode()
    diff, left_out = _difference(root)
    rules = _git(root, "log", "-1", "--format=%H", "--", *_THRESHOLDS).strip().decode()
    return GitState(
        commit=commit,
        branch=branch or None,
        dirty=bool(diff or left_out),
        diff_sha256=hashlib.sha256(diff).hexdigest() if diff else None,
        diff=diff,
        left_out=left_out,
        thresholds_commit=rules or None,
    )


def _difference(root: Path) -> tuple[bytes, tuple[str, ...]]:
    """Return the patch from HEAD to the working tree and the new files that it leaves out.

    A scratch index and a scratch object store let git compare new files too, while the
    repository itself may be read-only.
    """
    if not _git(root, "status", "--porcelain"):
        return b"", ()
    listed = _git(root, "ls-files", "--others", "--exclude-standard", "-z").decode().split("\0")
    new = [name for name in listed if name]
    large = tuple(name for name in new if (root / name).lstat().st_size > _LARGEST_SOURCE)
    folder = _git(root, "rev-parse", "--git-path", "objects").strip().decode()
    index = root / _git(root, "rev-parse", "--git-path", "index").strip().decode()
    with tempfile.TemporaryDirectory() as scratch:
        if index.exists():
            # With its time: git trusts an entry only if the index is younger than the file.
            shutil.copy2(index, Path(scratch) / "index")
        (Path(scratch) / "objects").mkdir()
        extra = {
            "GIT_INDEX_FILE": str(Path(scratch) / "index"),
            "GIT_OBJECT_DIRECTORY": str(Path(scratch) / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((root / folder).resolve()),
        }
        _git(root, "add", "--update", env=extra)
        small = [name for name in new if name not in large]
        if small:
            _git(root, "add", "--", *small, env=extra)
        return _git(root, "diff", "--cached", "--binary", "HEAD", env=extra), large


def _git(root: Path, *arguments: str, env: dict[str, str] | None = None) -> bytes:
    """Return what a git command prints; nothing if it fails or git is missing."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            env={**os.environ, **(env or {}), "GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            check=False,
        )
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from startsimple.audit.git import GitState, git_state


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(
        ["git", "-C", str(root), *identity, *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "conf").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "trunk")
    (folder / "conf" / "a.yaml").write_text("lr: 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "rules")
    (folder / "code.py").write_text("x = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "code")
    return folder


def test_clean_tree(root: Path) -> None:
    state = git_state(root)
    assert state.commit == git(root, "rev-parse", "HEAD").strip()
    assert state.branch == "trunk"
    assert not state.dirty
    assert state.diff_sha256 is None


def test_thresholds_commit_is_the_last_that_touched_the_config(root: Path) -> None:
    assert git_state(root).thresholds_commit == git(root, "rev-parse", "HEAD~1").strip()


def test_dirty_tree_is_rebuilt_from_its_diff(root: Path, tmp_path: Path) -> None:
    (root / "code.py").write_text("x = 2\n")
    (root / "new.bin").write_bytes(bytes(range(256)))
    state = git_state(root)
    assert state.dirty
    assert state.diff_sha256 == hashlib.sha256(state.diff).hexdigest()
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(root), str(clone))
    (tmp_path / "patch").write_bytes(state.diff)
    git(clone, "apply", str(tmp_path / "patch"))
    assert (clone / "code.py").read_text() == "x = 2\n"
    assert (clone / "new.bin").read_bytes() == bytes(range(256))


def test_edit_within_the_clocks_resolution_is_seen(root: Path) -> None:
    code, index = root / "code.py", root / ".git" / "index"
    git(root, "config", "core.trustctime", "false")
    os.utime(code, (10**9, 10**9))
    git(root, "add", ".")
    os.utime(index, (10**9, 10**9))
    code.write_text("x = 2\n")
    os.utime(code, (10**9, 10**9))
    assert b"+x = 2" in git_state(root).diff


def test_reading_leaves_the_repository_alone(root: Path) -> None:
    (root / "new.py").write_text("y = 1\n")
    before = git(root, "status", "--porcelain"), git(root, "count-objects", "-v")
    git_state(root)
    assert (git(root, "status", "--porcelain"), git(root, "count-objects", "-v")) == before


def test_large_new_file_is_named_but_not_copied(root: Path) -> None:
    (root / "weights.bin").write_bytes(bytes(1_000_001))
    state = git_state(root)
    assert state.left_out == ("weights.bin",)
    assert state.dirty
    assert state.diff == b""


def test_no_repository_gives_an_empty_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert git_state(tmp_path) == GitState()


def test_missing_git_gives_an_empty_state(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state(root) == GitState()

"""A fresh folder with the recorded code, in which a stage runs as if on another machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from startsimple.schema.errors import UserError

_COPIED = ("Snakefile", "conf", "workflow", "scripts", "requirements.lock", ".dvc/config", "data")
_HOST = "elsewhere"
_RENAMED = (
    "import os, socket, sys; socket.sethostname(sys.argv[1]); os.execvp(sys.argv[2], sys.argv[2:])"
)


def check_out(root: Path, run: Path, record: dict[str, Any], target: Path) -> str:
    """Put the code that a record names into a new folder.

    Args:
        root: The repository.
        run: The run's folder, which holds the diff of a dirty tree.
        record: Record of an attempt.
        target: The new folder.

    Returns:
        Where the code is from, for people.

    Raises:
        UserError: If the recorded commit or its diff cannot be restored.
    """
    git = record["code"]["git"]
    if not git["commit"]:
        for name in _COPIED:
            _copy(root / name, target / name)
        return "this folder, as the run was in no git repository"
    archive = target / "archive.tar"
    command = ["git", "-C", str(root), "-c", "safe.directory=*", "archive", "-o", str(archive)]
    if subprocess.run([*command, git["commit"]], capture_output=True, check=False).returncode:
        raise UserError(f"Commit {git['commit']} is not in this repository: fetch it first.")
    shutil.unpack_archive(archive, target, filter="data")
    archive.unlink()
    if git["diff_sha256"]:
        patch = run / f"audit/diff-{git['diff_sha256'][:12]}.patch"
        apply = ["git", "apply", "--whitespace=nowarn", str(patch.resolve())]
        fenced = {**os.environ, "GIT_CEILING_DIRECTORIES": str(target.parent)}
        done = subprocess.run(apply, cwd=target, env=fenced, capture_output=True, check=False)
        if done.returncode:
            raise UserError(f"{patch} cannot be applied: {done.stderr.decode().strip()}")
    return f"commit {git['commit'][:12]}" + (" with its stored diff" if git["dirty"] else "")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.name == "data":
        target.mkdir(exist_ok=True)
        for pointer in source.glob("*.dvc"):
            shutil.copy(pointer, target)
    elif source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.is_file():
        shutil.copy(source, target)


def changed_environment(folder: Path) -> dict[str, str]:
    """Return this environment with another time zone, hash seed and package folder."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    own = str(Path(__file__).resolve().parents[2])
    kept = [str(folder / "workflow"), *(path for path in paths if path != own)]
    here, seed = os.environ.get("TZ"), os.environ.get("PYTHONHASHSEED")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(kept),
        "TZ": "XST+11" if here != "XST+11" else "XST-9",
        "PYTHONHASHSEED": "4711" if seed != "4711" else "1174",
    }


def renaming() -> list[str]:
    """Return the words that give a command another host name; none where that is forbidden."""
    unshare = ["unshare"] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    words = [*unshare, "--uts", sys.executable, "-c", _RENAMED, _HOST]
    try:
        done = subprocess.run([*words, "true"], capture_output=True, check=False)
    except OSError:
        return []
    return words if done.returncode == 0 else []


def run_stage(
    folder: Path, run: str, stage: str, workers: int, renamed: list[str]
) -> subprocess.CompletedProcess[str]:
    """Run one stage in the fresh folder as its rule would."""
    log = f"results/{run}/{stage}/stage.log"
    words = [sys.executable, f"scripts/{stage}.py", "--run", run, "--workers", str(workers)]
    (folder / log).parent.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [*renamed, *words, "--log", log],
        cwd=folder,
        env=changed_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )

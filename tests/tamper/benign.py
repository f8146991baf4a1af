"""Things that people do to a run's folder without changing it: none may raise an alarm."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def move(root: Path, chance: random.Random) -> Path:
    """Move the whole folder."""
    target = root.with_name(f"moved-{chance.randrange(10**6)}")
    root.rename(target)
    return target


def touch(root: Path, chance: random.Random) -> Path:
    """Give a third of all files another time."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and chance.random() < 1 / 3:
            moment = chance.randrange(10**9, 2 * 10**9)
            os.utime(path, (moment, moment))
    return root


def copy(root: Path, chance: random.Random) -> Path:
    """Copy to a path such as another machine has, times and modes not kept."""
    target = root.parent / f"home {chance.randrange(10**6)}" / "ärbeit" / "copy"
    shutil.copytree(root, target, symlinks=True, copy_function=shutil.copyfile)
    shutil.rmtree(root)
    return target


def climb_again(root: Path, chance: random.Random) -> Path:
    """Call snakemake where nothing is to be done."""
    told = (root / "command.txt").read_text().split("\0")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", *told],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Nothing to be done" in done.stdout + done.stderr, done.stdout + done.stderr
    return root


def open_report(root: Path, chance: random.Random) -> Path:
    """Look at the report, with a browser where there is one."""
    (page,) = root.glob("results/*/report.html")
    browser = shutil.which("chromium")
    if browser is None:
        assert page.read_bytes()
        return root
    profile = root.parent / "profile"
    command = [browser, "--headless", "--no-sandbox", f"--user-data-dir={profile}", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, check=False, timeout=60)
    assert b"<h1" in done.stdout
    shutil.rmtree(profile, ignore_errors=True)
    return root


BENIGN: dict[str, Callable[[Path, random.Random], Path]] = {
    "move the folder": move,
    "touch files": touch,
    "copy to another machine's path": copy,
    "rerun with nothing to do": climb_again,
    "open the report": open_report,
}

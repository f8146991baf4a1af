"""A climb that is killed at any moment of tuning ends with the same winner, bit for bit."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from startsimple.schema.canonical import read_json

from .conftest import TINY, Project

RUN = Path("results/digits_mlp~tiny")
TARGET = str(RUN / "tune/verdict.json")


def forget_tuning(project: Project) -> int:
    """Remove what the tuning stage left behind, its runs too; return how many there were."""
    run = project.root / RUN
    before = (run / "gap/verdict.json").stat().st_mtime
    own = [unit for unit in (run / "units").iterdir() if unit.stat().st_mtime > before]
    for path in [file for unit in own for file in unit.iterdir()]:
        path.unlink()
    for name in ("verdict.json", "curves.json", "test.json", "study.journal"):
        (run / "tune" / name).unlink(missing_ok=True)
    return len(own)


def finished(project: Project) -> int:
    return sum(1 for _ in (project.root / RUN / "units").glob("*/figures.json"))


def kill_after(project: Project, units: int, delay: float) -> bool:
    """Climb, and kill the whole process group once so many runs are stored, a moment later.

    Returns:
        True if the climb was killed, False if it had ended before.
    """
    goal = finished(project) + units
    climb = subprocess.Popen(
        project.command("digits_mlp", "--rerun-incomplete", TARGET),
        cwd=project.root,
        env=project.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while climb.poll() is None and finished(project) < goal:
        time.sleep(0.01)
    time.sleep(delay)
    alive = climb.poll() is None
    if alive:
        os.killpg(climb.pid, signal.SIGKILL)
    climb.wait()
    return alive


def result_of(project: Project) -> tuple[bytes, str]:
    folder = project.root / RUN / "tune"
    return (folder / "verdict.json").read_bytes(), read_json(folder / "test.json")["models"]


def killed_and_resumed(project: Project, moments: list[tuple[int, float]]) -> None:
    undisturbed = result_of(project)
    assert forget_tuning(project) > 8
    kills = 0
    for units, delay in moments:
        kills += kill_after(project, units, delay)
        project.climb("digits_mlp", "--unlock")
    assert kills > 0
    assert not (project.root / TARGET).exists() or kills < len(moments)
    resumed = project.climb("digits_mlp", "--rerun-incomplete", TARGET)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    # A climb that outran its last kill had nothing left to do.
    if kills == len(moments):
        assert "already there" in resumed.stdout + resumed.stderr
    assert result_of(project) == undisturbed


def test_a_kill_while_trials_run_changes_nothing(climbed: Project) -> None:
    killed_and_resumed(climbed, [(2, 0.05)])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_kills_at_random_moments_change_nothing(climbed: Project, seed: int) -> None:
    draw = random.Random(seed)
    killed_and_resumed(climbed, [(draw.randint(0, 3), draw.uniform(0, 0.5)) for _ in range(3)])


@pytest.mark.long
def test_shards_are_jobs_and_give_the_same_verdict(climbed: Project) -> None:
    alone = climbed.climb("digits_mlp", TARGET, overrides=TINY)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    before = result_of(climbed)
    forget_tuning(climbed)
    config = ["--config", "experiment=digits_mlp", "label=tiny", "shards=3"]
    listed = ",".join(f'"{item}"' for item in TINY)
    command = [sys.executable, "-m", "snakemake", "--cores", "2", TARGET, *config]
    done = subprocess.run(
        [*command, f"overrides=[{listed}]"],
        cwd=climbed.root,
        env=climbed.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert result_of(climbed) == before
    told = read_json(climbed.root / RUN / "trials/coarse_1of3.json")
    assert len(told["units"]) == 1

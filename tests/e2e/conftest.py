"""A copy of the repository in a temporary folder, in which the real snakemake climbs."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.made_trail import commit

REPOSITORY = Path(__file__).parents[2]
COPIED = (
    ".gitignore",
    "Snakefile",
    "conf",
    "workflow",
    "scripts",
    "requirements.lock",
    ".dvc/config",
)

# The quick experiment with small budgets: every gate judges, in seconds.
TINY = (
    "stage.overfit_batch.steps=1200",
    "training.steps=400",
    "search.halving=2",
    "search.coarse_trials=3",
    "search.fine_trials=2",
    "search.bayesian_trials=2",
    "search.trial_steps=100",
    "search.confirm_steps=400",
    "search.confirm_seeds=2",
    "stage.benchmark.seeds=2",
)


@dataclass(frozen=True)
class Project:
    """One copy of the repository."""

    root: Path

    def climb(
        self,
        experiment: str = "digits_mlp",
        *arguments: str,
        overrides: tuple[str, ...] = TINY,
        label: str | None = "tiny",
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Call snakemake as a person would."""
        command = self.command(experiment, *arguments, overrides=overrides, label=label)
        return subprocess.run(
            command,
            cwd=self.root,
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def command(
        self,
        experiment: str = "digits_mlp",
        *arguments: str,
        overrides: tuple[str, ...] = TINY,
        label: str | None = "tiny",
    ) -> list[str]:
        """Return the command line of a climb."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        command += ["--config", f"experiment={experiment}"]
        if overrides:
            listed = ",".join(f'"{item}"' for item in overrides)
            command.append(f"overrides=[{listed}]")
        if label:
            command.append(f"label={label}")
        return command

    @property
    def environment(self) -> dict[str, str]:
        """The copy's own package comes before the installed one."""
        return {**os.environ, "PYTHONPATH": str(self.root / "workflow"), "COLUMNS": "80"}

    def stages_to_run(self, **options: object) -> set[str]:
        """Return the rules that a dry run would run."""
        shown = self.climb("digits_mlp", "-n", **options)  # type: ignore[arg-type]
        assert shown.returncode == 0, shown.stdout + shown.stderr
        lines = (shown.stdout + shown.stderr).splitlines()
        if any("Nothing to be done" in line for line in lines):
            return set()
        start = next(i for i, line in enumerate(lines) if line.startswith("job  "))
        names = [line.split()[0] for line in lines[start + 2 :] if line.strip()]
        return set(names[: names.index("total")]) - {"all"}


def copy_repository(target: Path) -> Project:
    """Copy what a climb needs, without results and without data."""
    for name in COPIED:
        source, copied = REPOSITORY / name, target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copied)
    (target / "data").mkdir()
    for pointer in sorted((REPOSITORY / "data").glob("*.dvc")):
        shutil.copy(pointer, target / "data")
    commit(target)
    return Project(target)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy in which nothing has run."""
    return copy_repository(tmp_path / "project")


@pytest.fixture(scope="session")
def climbed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """A copy in which the tiny experiment has climbed, with what was printed; never changed."""
    project = copy_repository(tmp_path_factory.mktemp("climbed") / "project")
    done = project.climb()
    assert done.returncode == 0, done.stdout + done.stderr
    return project, done.stdout + done.stderr


@pytest.fixture
def climbed(climbed_once: tuple[Project, str], tmp_path: Path) -> Project:
    """A copy of the climbed project, for a test to change."""
    shutil.copytree(climbed_once[0].root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")

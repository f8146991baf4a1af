"""A small climb on scikit-learn's digits that tests of later stages start from.

`climb` is the fixture to ask for: a repository in `tmp_path` of which the stages `data` and
`simplify` have really run (once per session; each test gets a copy), and a method that runs any
stage as its rule would.
"""

import gc
import importlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# One thread, and no telemetry, whatever the caller's environment says: before torch is imported.
os.environ.update(OMP_NUM_THREADS="1", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")

from startsimple.schema.canonical import digest
from startsimple.schema.compose import compose_experiment
from startsimple.schema.config import Config
from startsimple.schema.load import load_slice
from startsimple.schema.stages import SECTIONS
from startsimple.schema.verdict import Check, Verdict
from startsimple.stages.stage import Inputs

# Equal runs test equal examples, and a busy machine fails nothing.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """Take what was collected out of the garbage collector's sight.

    Many probes of the diagnosis collect garbage to see what a program keeps alive; with thousands
    of collected tests to walk through each time, they would take several times as long.
    """
    gc.collect()
    gc.freeze()


REPOSITORY = Path(__file__).resolve().parents[1]
EXPERIMENT = "digits_mlp"

# Every training stage in about a second: budgets shrink, thresholds stay the schema's.
SMALL = (
    "device=cpu",
    "training.steps=300",
    "training.evaluations=5",
    "stage.overfit_batch.examples=16",
    "stage.overfit_batch.steps=1000",
    "stage.overfit_batch.second_examples=120",
    "stage.overfit_batch.second_steps=200",
    "benchmark.protocol.training.steps=300",
    "search.coarse_trials=4",
    "search.fine_trials=2",
    "search.bayesian_trials=0",
    "search.trial_steps=60",
    "search.confirm_seeds=2",
    "search.confirm_steps=120",
)


@dataclass
class Climb:
    """One run in a repository of its own.

    Attributes:
        root: The repository: data/ and results/; conf/ is read from the real one.
        experiment: Which one is climbed; SMALL's budgets apply to all.
        events: What the stages recorded, in order.
        lines: What they told the person who waits.
    """

    root: Path
    experiment: str = EXPERIMENT
    events: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def run(self, stage: str, overrides: Sequence[str] = (), *, workers: int = 1) -> Verdict:
        """Run a stage on the tiny budgets of SMALL, then write and return its verdict.

        Args:
            stage: Name of the stage; those below it must have run.
            overrides: Hydra overrides, applied after SMALL.
            workers: Processes side by side.
        """
        config, inputs = self.given(stage, overrides, workers=workers)
        inputs.folder.mkdir(parents=True, exist_ok=True)
        module = importlib.import_module(f"startsimple.stages.{stage}")
        verdict: Verdict = module.run(config, inputs)
        verdict.write(inputs.folder / "verdict.json")
        return verdict

    def given(
        self, stage: str, overrides: Sequence[str] = (), *, workers: int = 1
    ) -> tuple[Config, Inputs]:
        """Return what a stage is given on the tiny budgets: its slice and its inputs."""
        composed = compose_experiment(REPOSITORY / "conf", self.experiment, [*SMALL, *overrides])
        config = composed.config
        part = {key: config[key] for key in SECTIONS[stage]}
        part["stage"] = {stage: config["stage"][stage]}
        inputs = self.inputs(stage, workers=workers, digests={"config": digest(part)})
        return load_slice(part), inputs

    def inputs(self, stage: str, **changes: Any) -> Inputs:
        """Return what the stage receives besides its config, recording to `events`."""
        return Inputs(
            run=self.experiment,
            stage=stage,
            root=self.root,
            record=lambda event, detail: self.events.append({"event": event, **detail}),
            claimed=lambda: {
                entry["models"] for entry in self.events if entry.get("purpose") == "claim"
            },
            progress=self.lines.append,
            **changes,
        )

    def folder(self, stage: str) -> Path:
        """Return a stage's folder of artefacts."""
        return self.root / "results" / self.experiment / stage


def planted(name: str) -> str:
    """Return the override that plants a fault of the weights which has no file of its own."""
    return f"+fault={{planted: {{_target_: startsimple.program.faults.weights.{name}}}}}"


def check(verdict: Verdict, id: str) -> Check:
    """Return the check with an id."""
    return next(item for item in verdict.checks if item.id == id)


def begin(root: Path, experiment: str) -> Climb:
    """Return a climb that has passed `data` and `simplify` in a new repository."""
    climb = Climb(root, experiment)
    pointer = compose_experiment(REPOSITORY / "conf", experiment).config["dataset"]["pointer"]
    (root / "data").mkdir()
    shutil.copy(REPOSITORY / pointer, root / "data")
    for stage in ("data", "simplify"):
        verdict = climb.run(stage)
        assert not verdict.status.blocks, verdict.checks
    return climb


@pytest.fixture(scope="session")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose run has passed `data` and `simplify`; only to be copied."""
    return begin(tmp_path_factory.mktemp("climbed"), EXPERIMENT).root


@pytest.fixture
def climb(climbed: Path, tmp_path: Path) -> Climb:
    """Return a climb that stands before `default_model`, in a copy of its own."""
    root = tmp_path / "repository"
    shutil.copytree(climbed, root)
    return Climb(root)


@pytest.fixture(scope="session")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a sealed and signed run; only to be copied."""
    from tests.made_trail import make_trail

    place = tmp_path_factory.mktemp("sealed")
    (place / "repository").mkdir()
    return make_trail(place / "repository", place)


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    """Return a copy of the sealed repository, for a test to change."""
    return shutil.copytree(sealed_once, tmp_path / "repository", symlinks=True)

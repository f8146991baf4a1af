"""Bad input ends in one sentence that names the thing and the remedy, and loses nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from startsimple.schema.stages import LADDER

from .conftest import TINY, Project

RUN = Path("results/digits_mlp~tiny")


def _ends_in_a_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    printed = done.stdout + done.stderr
    assert done.returncode in (1, 2), printed
    assert "Traceback" not in printed, printed
    for word in words:
        assert word in printed, printed


@pytest.mark.parametrize(
    ("experiment", "overrides", "words"),
    [
        ("digits_mpl", (), ("digits_mpl", "Did you mean 'digits_mlp'?")),
        ("digits_mlp", ("optimizer.lrr=1",), ("optimizer.lrr", "Did you mean 'lr'?")),
        ("digits_mlp", ("optimizer.lr=fast",), ("optimizer.lr", "fast", "Float")),
        ("digits_mlp", ("model=mlpp",), ("mlpp", "mlp")),
        ("digits_mlp", ("fault=M99",), ("M99", "M04")),
        (
            "digits_mlp",
            ("dataset.pointer=data/digit.dvc",),
            ("data/digit.dvc", "Did you mean 'data/digits.dvc'?"),
        ),
    ],
    ids=["experiment", "key", "type", "group option", "fault", "pointer"],
)
def test_wrong_names_are_refused_before_anything_runs(
    project: Project, experiment: str, overrides: tuple[str, ...], words: tuple[str, ...]
) -> None:
    _ends_in_a_sentence(project.climb(experiment, overrides=overrides), *words)
    assert not (project.root / "results").exists()


def test_misspelt_key_inside_an_experiment_file(project: Project) -> None:
    path = project.root / "conf/experiment/mine.yaml"
    path.write_text("# @package _global_\ntraining: {batchsize: 10}\n")
    done = project.climb("mine", overrides=())
    _ends_in_a_sentence(done, "batchsize", "Did you mean 'batch_size'?")


def test_unknown_option_of_config(project: Project) -> None:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config", "experimnt=x"]
    done = subprocess.run(
        command, cwd=project.root, env=project.environment, capture_output=True, text=True
    )
    _ends_in_a_sentence(done, "experimnt", "Did you mean 'experiment'?")


def test_batch_larger_than_the_set(climbed: Project) -> None:
    done = climbed.climb(overrides=(*TINY, "stage.overfit_batch.examples=100000"))
    _ends_in_a_sentence(done, "stage.overfit_batch.examples=100000", "training examples")
    for stage in LADDER[: LADDER.index("overfit_batch")]:
        assert (climbed.root / RUN / stage / "verdict.json").exists()


def test_missing_artefact_is_named(climbed: Project) -> None:
    (climbed.root / RUN / "simplify/split.safetensors").unlink()
    (climbed.root / RUN / "overfit_batch/verdict.json").unlink()
    _ends_in_a_sentence(climbed.climb(), "simplify/split.safetensors")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable_results(project: Project) -> None:
    (project.root / "results").mkdir(mode=0o555)
    _ends_in_a_sentence(project.climb(), "results", "cannot be written")


def test_results_is_a_file(project: Project) -> None:
    (project.root / "results").write_text("in the way")
    _ends_in_a_sentence(project.climb(), "results", "cannot be written")

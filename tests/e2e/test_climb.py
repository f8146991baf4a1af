"""The quick experiment climbs the whole ladder, once."""

import json

from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Status, read_verdict

from .conftest import Project

RUN = "digits_mlp~tiny"


def test_every_stage_is_judged_and_reported(climbed_once: tuple[Project, str]) -> None:
    project, printed = climbed_once
    run = project.root / "results" / RUN
    statuses = {name: read_verdict(run / name / "verdict.json").status for name in LADDER}
    assert not any(status.blocks for status in statuses.values()), statuses
    assert (run / "report.html").stat().st_size > 10_000
    for name in LADDER:
        assert name in printed
    assert f"results/{RUN}/report.html" in printed.replace("\n", "")


def test_second_climb_has_nothing_to_do(climbed: Project) -> None:
    again = climbed.climb()
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout + again.stderr


def test_every_stage_and_trial_is_tracked(climbed_once: tuple[Project, str]) -> None:
    from mlflow import MlflowClient

    root = climbed_once[0].root
    client = MlflowClient(f"sqlite:///{root}/results/mlflow.db")
    experiments = [item.experiment_id for item in client.search_experiments()]
    runs = client.search_runs(experiments, max_results=1000)
    stages = {run.data.tags.get("stage") for run in runs}
    assert set(LADDER) <= stages
    tuned = [run for run in runs if run.data.tags.get("stage") == "tune"]
    trials = [run for run in tuned if "trial" in run.info.run_name]
    parents = {run.data.tags.get("mlflow.parentRunId") for run in trials}
    assert len(trials) >= 5
    assert parents == {run.info.run_id for run in tuned if run.info.run_name == "tune"}
    assert all(run.info.status == "FINISHED" for run in runs)


def test_the_test_split_is_opened_once_for_the_claim(climbed_once: tuple[Project, str]) -> None:
    ledger = (climbed_once[0].root / "results/ledger.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in ledger]
    claims = [e for e in entries if e["event"] == "test_opened" and e["purpose"] == "claim"]
    assert len(claims) == 1


def test_verdicts_are_equal_bytes_for_equal_runs(
    climbed_once: tuple[Project, str], project: Project
) -> None:
    again = project.climb()
    assert again.returncode == 0, again.stdout + again.stderr
    for name in LADDER:
        first = climbed_once[0].root / "results" / RUN / name / "verdict.json"
        second = project.root / "results" / RUN / name / "verdict.json"
        assert first.read_bytes() == second.read_bytes(), name
    assert read_verdict(second).status is not Status.SKIP

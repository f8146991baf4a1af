import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tests.made_run import write_attempt, write_run

from startsimple.audit.entities import milliseconds
from startsimple.audit.tracking import mirror, store_uri

RUN = "demo~tuned"
MD5 = "0123456789abcdef0123456789abcdef.dir"


@pytest.fixture(scope="module")
def quiet_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, quiet_environment: None) -> Path:
    """A climb up to the benchmark, mirrored once into a fresh database."""
    folder = tmp_path_factory.mktemp("tracked")
    (folder / "data").mkdir()
    (folder / "data" / "demo.dvc").write_text(f"outs:\n- md5: {MD5}\n  path: demo\n")
    write_run(folder, RUN, upto="benchmark", block="benchmark")
    report = mirror(folder, RUN, {"enabled": True, "uri": None})
    assert report["error"] is None
    return folder


def runs(root: Path) -> list[Run]:
    client = MlflowClient(store_uri(root, None))
    experiment = client.get_experiment_by_name("startsimple/demo")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], max_results=1000))


def named(root: Path, name: str) -> Run:
    return next(run for run in runs(root) if run.info.run_name == name)


def parent_of(run: Run) -> str | None:
    return run.data.tags.get("mlflow.parentRunId")


def test_climb_holds_stages_and_stages_hold_seeds(root: Path) -> None:
    climb, stage = named(root, RUN), named(root, "benchmark")
    assert parent_of(climb) is None
    assert parent_of(stage) == climb.info.run_id
    seeds = [run for run in runs(root) if parent_of(run) == stage.info.run_id]
    assert {run.data.params["seed"] for run in seeds} == {"0", "1", "2"}
    stages = {run.info.run_name for run in runs(root) if parent_of(run) == climb.info.run_id}
    assert stages == {"data", "simplify", "default_model", "overfit_batch", "benchmark"}


def test_status_shows_in_tags_and_state(root: Path) -> None:
    assert named(root, "data").info.status == "FINISHED"
    assert named(root, "data").data.tags["status"] == "pass"
    assert named(root, "benchmark").info.status == "FAILED"
    assert named(root, RUN).data.tags["status"] == "blocked at benchmark"


def test_tags_trace_code_config_data_and_device(root: Path) -> None:
    tags = named(root, "data").data.tags
    assert tags["digest.config"] == "c" * 64
    assert tags["digest.data"] == "d" * 64
    assert tags["git.commit"] == "a" * 40
    assert tags["git.dirty"] == "true"
    assert tags["git.diff_sha256"] == "b" * 64
    assert tags["device"] == "cpu"


def test_times_are_the_original_ones(root: Path) -> None:
    run = named(root, "data")
    assert run.info.start_time == milliseconds("2026-01-01T10:00:00.000+00:00")
    assert run.info.end_time == milliseconds("2026-01-01T10:00:12.000+00:00")


def test_dataset_has_the_dvc_hash(root: Path) -> None:
    (dataset,) = named(root, "data").inputs.dataset_inputs
    assert dataset.dataset.digest == MD5
    assert dataset.dataset.name == "demo"


def test_metrics_per_step_figures_and_system_metrics(root: Path) -> None:
    client = MlflowClient(store_uri(root, None))
    seed = named(root, "overfit_batch/frozen batch")
    history = client.get_metric_history(seed.info.run_id, "train_loss")
    assert len(history) > 50
    assert max(point.step for point in history) == 1980
    stage = named(root, "simplify")
    assert stage.data.metrics["check/S-03"] == 0.987
    assert stage.data.metrics["cost/seconds"] == 12.0
    assert stage.data.metrics["system/cpu_utilization_percentage"] == 50.0
    assert named(root, "data").data.metrics["figure/examples.train"] == 3200


def test_params_and_artefacts(root: Path) -> None:
    stage = named(root, "overfit_batch")
    assert stage.data.params["dataset.name"] == "demo"
    client = MlflowClient(store_uri(root, None))
    files = {item.path for item in client.list_artifacts(stage.info.run_id)}
    assert {"verdict.json", "curves.json", "attempt-1.json"} <= files


def test_second_mirror_adds_nothing(root: Path) -> None:
    before = {run.info.run_id for run in runs(root)}
    report = mirror(root, RUN, {"enabled": True, "uri": None})
    assert {run.info.run_id for run in runs(root)} == before
    assert report["stages"]["data"] in before
    assert report["parent"] == named(root, RUN).info.run_id


def test_new_attempt_and_interrupted_mirror(root: Path) -> None:
    client = MlflowClient(store_uri(root, None))
    experiment = named(root, RUN).info.experiment_id
    stray = client.create_run(experiment, tags={"run": RUN}).info.run_id
    before = {run.info.run_id for run in runs(root)}
    write_attempt(root, RUN, "data", 2, status="aborted")
    mirror(root, RUN, {"enabled": True, "uri": None})
    added = [run for run in runs(root) if run.info.run_id not in before]
    assert sorted(str(run.info.run_name) for run in added) == ["data", RUN]
    aborted = next(run for run in added if run.info.run_name == "data")
    assert aborted.info.status == "KILLED"
    assert aborted.data.tags["attempt"] == "2"
    assert client.get_run(stray).info.status == "KILLED"


def test_unreachable_server_costs_the_view_and_nothing_else(
    tmp_path: Path, quiet_environment: None
) -> None:
    write_run(tmp_path, RUN, upto="data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://me:secret@127.0.0.1:{free.getsockname()[1]}"
    report = mirror(tmp_path, RUN, {"enabled": True, "uri": uri})
    assert "could not be written" in report["note"]
    assert report["error"]
    stored = (tmp_path / "results" / RUN / "tracking.json").read_text()
    assert json.loads(stored) == report
    assert "secret" not in stored


def test_tracking_can_be_off(tmp_path: Path) -> None:
    write_run(tmp_path, RUN, upto="data")
    report: dict[str, Any] = mirror(tmp_path, RUN, {"enabled": False, "uri": None})
    assert "off" in report["note"]
    assert not (tmp_path / "results" / "mlflow.db").exists()


def test_environment_selects_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert store_uri(tmp_path, None) == f"sqlite:///{tmp_path}/results/mlflow.db"
    assert store_uri(tmp_path, "http://config") == "http://config"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment")
    assert store_uri(tmp_path, "http://config") == "http://environment"

"""How one attempt at a stage becomes MLflow runs: the stage's, and its seeds' or trials'."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from startsimple.audit.entities import (
    StageRun,
    artefacts,
    curve_metrics,
    dataset_input,
    log_metrics,
    log_params,
    series_of,
    system_metrics,
    verdict_metrics,
)
from startsimple.schema.canonical import read_json

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PARENT = "mlflow.parentRunId"


def log_parent(
    client: "MlflowClient", experiment: str, root: Path, run: str, stages: Sequence[StageRun]
) -> str:
    """Log the run of one climb, which the stages' runs become children of.

    Args:
        client: Client of the store.
        experiment: Id of the MLflow experiment.
        root: The repository.
        run: Name of the run.
        stages: The attempts of this climb.

    Returns:
        Id of the MLflow run.
    """
    config = root / "results" / run / "config.json"
    resolved: dict[str, Any] = read_json(config) if config.exists() else {}
    head = root / "results" / "HEAD.json"
    verdicts = [verdict for stage in stages if (verdict := stage.verdict)]
    blocked = next((verdict.stage for verdict in verdicts if verdict.status.blocks), None)
    failed = [stage.stage for stage in stages[-1:] if stage.record["status"] != "finished"]
    tags = {
        "run": run,
        "status": f"blocked at {blocked}" if blocked else "stopped" if failed else "climbed",
        "overrides": json.dumps(resolved.get("overrides", [])),
        "ledger_head": read_json(head)["hash"] if head.exists() else "",
        **_code_tags(stages[-1].record),
    }
    start, end = min(stage.start for stage in stages), max(stage.end for stage in stages)
    created = client.create_run(experiment, start, tags, run)
    identity = created.info.run_id
    log_params(client, identity, resolved.get("config", {}))
    client.set_terminated(identity, "FAILED" if blocked or failed else "FINISHED", end)
    return identity


def log_stage(client: "MlflowClient", experiment: str, parent: str, stage: StageRun) -> str:
    """Log one attempt with its parameters, metrics, dataset, artefacts, seeds and trials.

    Args:
        client: Client of the store.
        experiment: Id of the MLflow experiment.
        parent: Id of the climb's run.
        stage: The attempt.

    Returns:
        Id of the MLflow run.
    """
    record, verdict = stage.record, stage.verdict
    tags = {**_stage_tags(stage), _PARENT: parent}
    created = client.create_run(experiment, stage.start, tags, stage.stage)
    identity = created.info.run_id
    log_params(client, identity, record.get("config", {}).get("resolved", {}))
    log_metrics(client, identity, [*verdict_metrics(stage), *system_metrics(stage)])
    if (dataset := dataset_input(stage)) is not None:
        client.log_inputs(identity, [dataset])
    if stage.newest:
        for path in artefacts(stage):
            client.log_artifact(identity, str(path))  # pyright: ignore[reportUnknownMemberType]
        for series in series_of(stage):
            _log_series(client, experiment, identity, stage, series)
    # This tag marks the mirror as complete: a killed mirror starts this stage's run anew.
    client.set_tag(identity, "record_sha256", stage.record_sha256)
    blocked = verdict is not None and verdict.status.blocks
    ended = {"finished": "FINISHED", "failed": "FAILED", "aborted": "KILLED"}[record["status"]]
    client.set_terminated(identity, "FAILED" if blocked else ended, stage.end)
    return identity


def _stage_tags(stage: StageRun) -> dict[str, str]:
    record, verdict = stage.record, stage.verdict
    digests: dict[str, str] = record.get("digests", {})
    return {
        "run": record["run"],
        "stage": stage.stage,
        "attempt": str(record["attempt"]),
        "status": str(verdict.status) if verdict else record["status"],
        "device": str(record.get("device")),
        "error": record.get("error") or "",
        **_code_tags(record),
        **{f"digest.{name}": value for name, value in digests.items()},
    }


def _code_tags(record: dict[str, Any]) -> dict[str, str]:
    git: dict[str, Any] = record.get("code", {}).get("git", {})
    return {
        "git.commit": str(git.get("commit")),
        "git.branch": str(git.get("branch")),
        "git.dirty": str(bool(git.get("dirty"))).lower(),
        "git.diff_sha256": str(git.get("diff_sha256")),
    }


def _log_series(
    client: "MlflowClient", experiment: str, parent: str, stage: StageRun, series: dict[str, Any]
) -> None:
    """Log one seed or trial as a child of its stage."""
    facts = {
        "run": stage.record["run"],
        "stage": stage.stage,
        "device": str(series.get("device") or stage.record.get("device")),
    }
    tags = {**facts, _PARENT: parent}
    created = client.create_run(experiment, stage.start, tags, f"{stage.stage}/{series['name']}")
    identity = created.info.run_id
    log_params(client, identity, series.get("params", {}))
    log_metrics(client, identity, curve_metrics(stage, series))
    client.set_terminated(identity, "FINISHED", stage.end)

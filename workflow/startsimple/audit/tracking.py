"""Mirrors a climb into MLflow: one process, after the stages, from what lies on disk.

The files are the truth and MLflow is a view of them, so a store that is down or missing costs
the view and nothing else.
"""

import fcntl
import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from startsimple.audit import ledger
from startsimple.audit.entities import StageRun
from startsimple.audit.open_attempts import audit_folder
from startsimple.audit.outside import EXPORT, read_store
from startsimple.audit.runs import log_parent, log_stage
from startsimple.schema.canonical import file_digest, read_json, write_json
from startsimple.schema.stages import LADDER

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# A store that does not answer must not hold up a climb for MLflow's default of minutes.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def mirror(root: Path, run: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Mirror every attempt that MLflow does not hold yet, and write tracking.json.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.
        settings: The config's tracking section: enabled, and uri or None.

    Returns:
        What is written to results/<run>/tracking.json; its `note` is the sentence for people.
    """
    uri = store_uri(root, settings.get("uri"))
    report: dict[str, Any] = {"uri": _without_password(uri), "error": None, "stages": {}}
    if not settings.get("enabled", True):
        report |= {"uri": None, "note": "MLflow is off in the config; nothing was mirrored."}
    else:
        try:
            report |= _mirror(root, run, uri)
        except Exception as error:
            # Whatever fails in a store, a network or a library: the climb itself stands.
            first = " ".join(str(error).split())[:300]
            report["error"] = _without_password(f"{type(error).__name__}: {first}")
            report["note"] = (
                f"MLflow at {report['uri']} could not be written, so this climb is not mirrored "
                f"there; the verdicts stand. Repeat it with: python scripts/track.py --run {run}"
            )
    with ledger.writable(root / "results" / run):
        write_json(root / "results" / run / "tracking.json", report)
        write_json(root / "results" / run / EXPORT, _export(root, run, uri, report))
    return report


def _export(root: Path, run: str, uri: str, report: dict[str, Any]) -> dict[str, Any]:
    """Copy what the store now holds of the run, so that a later change of it shows."""
    local = root / "results" / "mlflow.db"
    if report["error"] or report["uri"] is None:
        return {"note": report["note"], "runs": {}}
    if uri != f"sqlite:///{local.resolve()}":
        note = "the store is no SQLite file beside the run, so it was not copied"
        return {"note": note, "runs": {}}
    return {"note": "", "runs": read_store(local, run)}


def prepare(root: Path, settings: dict[str, Any]) -> None:
    """Create an SQLite store that is not there yet, so that the mirror need not wait for it.

    Its tables take seconds; this runs beside the first stages. What fails here fails again in
    `mirror`, which says so.

    Args:
        root: The repository.
        settings: The config's tracking section.
    """
    uri = store_uri(root, settings.get("uri"))
    path = Path(uri.removeprefix("sqlite:///"))
    if not settings.get("enabled", True) or not uri.startswith("sqlite:///") or path.exists():
        return
    from mlflow import MlflowClient

    with suppress(Exception), _alone(root, uri):
        MlflowClient(tracking_uri=uri).search_experiments()


def store_uri(root: Path, configured: str | None) -> str:
    """Return the store's address: the environment's, else the config's, else SQLite's.

    Args:
        root: The repository; SQLite lies in its results/mlflow.db, by an absolute path.
        configured: `tracking.uri` of the config.
    """
    default = f"sqlite:///{(root / 'results' / 'mlflow.db').resolve()}"
    return os.environ.get("MLFLOW_TRACKING_URI") or configured or default


def _mirror(root: Path, run: str, uri: str) -> dict[str, Any]:
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    with _alone(root, uri):
        client = MlflowClient(tracking_uri=uri)
        experiment = _experiment(client, root, run, uri)
        known = _close_interrupted(client, experiment, run)
        stages = _stage_runs(root, run)
        new = [stage for stage in stages if stage.record_sha256 not in known]
        if new:
            parent = log_parent(client, experiment, root, run, new)
            for stage in new:
                known[stage.record_sha256] = log_stage(client, experiment, parent, stage)
        newest = {stage.stage: known[stage.record_sha256] for stage in stages}
        parent = _climb_of(client, newest)
    note = f"MLflow holds this climb: {len(new)} new stage runs at {_without_password(uri)}"
    return {"experiment": experiment, "parent": parent, "stages": newest, "note": note}


def _stage_runs(root: Path, run: str) -> list[StageRun]:
    """Return all closed attempts in the order of the ladder, oldest first."""
    found: list[StageRun] = []
    for stage in LADDER:
        paths = [
            path
            for path in (audit_folder(root, run) / stage).glob("attempt-*.json")
            if ".open." not in path.name
        ]
        records = [(read_json(path), path) for path in paths]
        ordered = sorted(records, key=lambda pair: pair[0]["attempt"])
        finished = [record["attempt"] for record, _ in ordered if record["status"] == "finished"]
        for record, path in ordered:
            newest = bool(finished) and record["attempt"] == finished[-1]
            found.append(StageRun(root, stage, record, path, file_digest(path), newest))
    return found


def _experiment(client: "MlflowClient", root: Path, run: str, uri: str) -> str:
    """Return the id of the MLflow experiment, named like ours, so that variants lie together."""
    name = f"startsimple/{run.split('~')[0]}"
    existing = client.get_experiment_by_name(name)
    if existing is not None:
        return existing.experiment_id
    place = (root / "results" / "mlflow-artifacts").resolve().as_uri()
    return client.create_experiment(name, place if uri.startswith("sqlite:") else None)


def _close_interrupted(client: "MlflowClient", experiment: str, run: str) -> dict[str, str]:
    """Close what a killed mirror left running, and return the complete runs by their record."""
    known: dict[str, str] = {}
    for found in _search(client, experiment, f"tags.`run` = '{run}'"):
        if found.info.status == "RUNNING":
            client.set_terminated(found.info.run_id, "KILLED")
        elif record := found.data.tags.get("record_sha256"):
            known[record] = found.info.run_id
    return known


def _climb_of(client: "MlflowClient", stages: dict[str, str]) -> str | None:
    """Return the id of the climb that the highest stage belongs to."""
    if not stages:
        return None
    highest = client.get_run(list(stages.values())[-1])
    return highest.data.tags.get("mlflow.parentRunId")


def _search(client: "MlflowClient", experiment: str, query: str) -> "Generator[Run]":
    token: str | None = None
    while True:
        page: Any = client.search_runs([experiment], query, max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


@contextmanager
def _alone(root: Path, uri: str) -> Generator[None]:
    """Let one process at a time write a local store: MLflow's first migration cannot be shared."""
    if not uri.startswith("sqlite:"):
        yield
        return
    (root / "results").mkdir(exist_ok=True)
    with (root / "results" / ".mlflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]+@", "//***@", text)

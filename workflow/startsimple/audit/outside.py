"""Check 8: what lies outside of the run still says what was recorded: MLflow, DVC, a parent.

Standard library only: MLflow's database is read as what it is, an SQLite file, and never written.
"""

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from startsimple.audit.lineage import check_lineage
from startsimple.audit.verifier import Answer, Trail, file_sha256

EXPORT = "audit/mlflow.json"
_OF_RUN = {
    "run": "SELECT * FROM runs WHERE run_uuid = ?",
    "params": "SELECT key, value FROM params WHERE run_uuid = ? ORDER BY key",
    "tags": "SELECT key, value FROM tags WHERE run_uuid = ? ORDER BY key",
    "metrics": "SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ? "
    "ORDER BY key, step, timestamp, value",
    "latest": "SELECT key, step, timestamp, value, is_nan FROM latest_metrics "
    "WHERE run_uuid = ? ORDER BY key",
    "data": "SELECT d.name, d.digest, d.dataset_source FROM inputs i JOIN datasets d "
    "ON d.dataset_uuid = i.source_id WHERE i.destination_id = ? ORDER BY d.name",
}


def read_store(database: Path, run: str) -> dict[str, Any]:
    """Read all that MLflow's SQLite file holds of a run.

    Args:
        database: The file; it is opened read-only.
        run: Name of our run.

    Returns:
        By MLflow's run id: the run's row, parameters, tags, every metric point, datasets.
    """
    address = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as store:
        store.row_factory = sqlite3.Row
        asked = "SELECT run_uuid FROM tags WHERE key = 'run' AND value = ? ORDER BY run_uuid"
        found = [row[0] for row in store.execute(asked, (run,))]
        return {
            identity: {
                name: [dict(row) for row in store.execute(query, (identity,))]
                for name, query in _OF_RUN.items()
            }
            for identity in found
        }


def check_outside(trail: Trail, answer: Answer) -> None:
    """8: MLflow's runs equal their export, data have the pinned hashes, a parent's files hold."""
    parts = (_check_mlflow, _check_data, check_lineage)
    told = [part for check in parts if (part := check(trail, answer.findings))]
    answer.told = "; ".join(told)
    answer.skipped = all(part.startswith("SKIPPED") for part in told)


def _check_mlflow(trail: Trail, findings: list[str]) -> str:
    export, database = trail.json(trail.run / EXPORT), trail.run.parent / "mlflow.db"
    if not export.get("runs"):
        return f"SKIPPED MLflow: {export.get('note') or 'no export of it was made'}"
    if not database.is_file():
        return "SKIPPED MLflow: its database is not beside the run"
    try:
        live = read_store(database, trail.name)
    except sqlite3.Error as error:
        findings.append(f"mlflow.db cannot be read: {error}")
        return ""
    for identity, exported in export["runs"].items():
        present = live.get(identity)
        if present is None:
            findings.append(f"mlflow.db no longer holds run {identity}")
            continue
        for kind in (kind for kind, rows in exported.items() if rows != present[kind]):
            told = _first_difference(exported[kind], present[kind])
            findings.append(f"mlflow.db, {kind} of run {identity}: {told}")
    if added := sorted(set(live) - set(export["runs"])):
        findings.append(f"mlflow.db holds {len(added)} runs that were not exported: {added[0]}")
    heads = {"", *(entry.get("hash") for entry in trail.entries)}
    tags = [(tag, identity) for identity, rows in live.items() for tag in rows["tags"]]
    for tag, identity in tags:
        if tag["key"] == "ledger_head" and tag["value"] not in heads:
            findings.append(f"the ledger lost the head that mlflow.db holds for run {identity}")
    return f"{len(export['runs'])} MLflow runs equal their export"


def _first_difference(rows: list[dict[str, Any]], present: list[dict[str, Any]]) -> str:
    changed = [row for row in present if row not in rows] or [r for r in rows if r not in present]
    shown = json.dumps(changed[:1], sort_keys=True)[:200]
    return f"{len(rows)} rows were exported, {len(present)} are there; {shown}"


def _check_data(trail: Trail, findings: list[str]) -> str:
    """Hash the dataset and DVC's cache: DVC itself trusts a cached file whose mode is 444."""
    config = trail.json(trail.run / "config.json").get("config", {})
    dataset = config.get("dataset", {})
    pointer = trail.root / str(dataset.get("pointer"))
    folder = trail.root / "data" / str(dataset.get("name"))
    numbers = trail.verdict("data").get("numbers", {})
    if not pointer.is_file():
        return "SKIPPED the data: their pointer is not here"
    pinned = re.search(r"md5: *([0-9a-f]{32})\.dir", pointer.read_text(encoding="utf-8"))
    if pinned is None or f"{pinned[1]}.dir" != numbers.get("md5"):
        findings.append(f"{dataset['pointer']} does not pin the data that the run was proven on")
        return ""
    seen = 0
    for split, sha in numbers.get("sha256", {}).items():
        path = folder / f"{split}.safetensors"
        seen += path.is_file()
        if path.is_file() and file_sha256(path) != sha:
            findings.append(f"data/{folder.name}/{path.name} is not the file that the run read")
    strangers = {path.stem for path in folder.glob("*")} - set(numbers.get("sha256", {}))
    findings += [f"data/{folder.name}/{name}* is not part of the data" for name in strangers]
    objects = _cached(trail.root / ".dvc/cache/files/md5", pinned[1], findings)
    told = f"{seen} data files and {objects} cached ones have their pinned hashes"
    return told if seen else f"SKIPPED the data: they are not at {folder.name}/; {told}"


def _cached(cache: Path, pinned: str, findings: list[str]) -> int:
    """Hash what DVC's cache holds of a dataset; return the number of files."""
    listing = cache / pinned[:2] / f"{pinned[2:]}.dir"
    if not listing.is_file():
        return 0
    names = [pinned]
    if _md5(listing) == pinned:
        names += [entry["md5"] for entry in json.loads(listing.read_bytes())]
    paths = [listing, *(cache / name[:2] / name[2:] for name in names[1:])]
    present = [(path, name) for path, name in zip(paths, names, strict=True) if path.is_file()]
    for path, name in present:
        if _md5(path) != name:
            findings.append(f".dvc/cache/files/md5/{path.parent.name}/{path.name} was changed")
    return len(present)


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

"""A stage refuses an input that is not what was recorded, of its own run or a round's parent."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.claims import within
from startsimple.audit.open_attempts import audit_folder
from startsimple.schema.canonical import file_digest, read_json
from startsimple.schema.config import INSTABILITY
from startsimple.schema.errors import UserError
from startsimple.schema.stages import LADDER


def records_of(root: Path, run: str, stage: str) -> list[tuple[Path, dict[str, Any]]]:
    """Return the records of a stage's closed attempts with their paths, oldest first."""
    paths = (audit_folder(root, run) / stage).glob("attempt-*.json")
    found = [(path, read_json(path)) for path in paths if ".open." not in path.name]
    return sorted(found, key=lambda pair: pair[1]["attempt"])


def newest_records(root: Path, run: str) -> dict[str, Path]:
    """Return the path of each stage's newest record, in the ladder's order."""
    every = {stage: records_of(root, run, stage) for stage in LADDER}
    return {stage: found[-1][0] for stage, found in every.items() if found}


def written_by(root: Path, run: str, stages: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return SHA-256 and stage of all that the attempts at some stages have written, by path.

    A later attempt may find a unit of an earlier one and not write it again: what counts is the
    last attempt that wrote a file.
    """
    every = [record for stage in stages for _, record in records_of(root, run, stage)]
    written: dict[str, tuple[str, str]] = {}
    for record in sorted(every, key=lambda record: record["time"]["start"] or ""):
        for item in record.get("outputs", []):
            written[item["path"]] = (item["sha256"], record["stage"])
    return written


def held_against(config: Mapping[str, Any], stage: str) -> str | None:
    """Return the run that a stage of a round is held against; None if it is held against none.

    Args:
        config: The resolved config, or the stage's slice of it.
        stage: The gap stage compares errors; tuning the instability, if that was promised.
    """
    steadied = (config.get("predicted") or {}).get("component") == INSTABILITY
    return config.get("parent") if stage == "gap" or (stage == "tune" and steadied) else None


def refuse_changed(root: Path, run: str, stage: str, config: Mapping[str, Any]) -> None:
    """Compare all that a stage may read of results/ with its records, before it is read.

    That is what the stages below have written and, in a round, what the same stage of its parent
    has. The records themselves are held against the ledger. Files that are gone are left to the
    stage: it runs a missing unit again, and names a missing artefact.

    Args:
        root: The repository.
        run: Name of the run.
        stage: The stage that is about to start.
        config: Its slice of the config.

    Raises:
        UserError: If a record or a file has other bytes than were recorded.
    """
    _refuse(root, run, LADDER[: LADDER.index(stage)] if stage in LADDER else (), "")
    parent = held_against(config, stage)
    # A parent that was brought here without its lines of the ledger has nothing to be held to.
    if parent is not None and ledger.events(root, parent):
        _refuse(root, parent, (stage,), f"results/{parent}/{stage}/")
        _refuse_config(root, parent, stage)


def _refuse(root: Path, run: str, stages: Iterable[str], below: str) -> None:
    """Refuse a changed record of a run's stages, or a changed file below a path that they wrote."""
    sealed = {entry.get("record_sha256") for entry in ledger.events(root, run)}
    for stage in stages:
        for path, _ in records_of(root, run, stage):
            if file_digest(path) not in sealed:
                raise UserError(
                    f"{path} is not the record that the ledger holds: restore it from a copy, or "
                    f"remove {root / 'results' / run} and climb again."
                )
    for name, (sha256, stage) in written_by(root, run, stages).items():
        path = root / name
        if name.startswith(below) and path.is_file() and file_digest(path) != sha256:
            raise UserError(
                f"{name} is not what stage '{stage}' wrote: restore it, or remove it and "
                f"results/{run}/{stage}/verdict.json and climb again."
            )


def _refuse_config(root: Path, parent: str, stage: str) -> None:
    """Refuse a parent's config that is not the one that its stage ran with."""
    path = root / "results" / parent / "config.json"
    ran = [r for _, r in records_of(root, parent, stage) if r["status"] == "finished"]
    if not (ran and path.is_file()):
        return
    if not within(ran[-1]["config"]["resolved"], read_json(path)["config"]):
        raise UserError(
            f"results/{parent}/config.json is not the config that stage '{stage}' of '{parent}' "
            f"ran with: restore it, or climb '{parent}' again."
        )

"""A stage refuses an input that is not what its parent wrote."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from startsimple.audit import ledger
from startsimple.audit.open_attempts import audit_folder
from startsimple.schema.canonical import file_digest, read_json
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


def refuse_changed(root: Path, run: str, stage: str) -> None:
    """Compare all that the stages below have written with their records, before it is read.

    The records themselves are held against the ledger. Files that are gone are left to the stage:
    it runs a missing unit again, and names a missing artefact.

    Args:
        root: The repository.
        run: Name of the run.
        stage: The stage that is about to start.

    Raises:
        UserError: If a record or a file has other bytes than were recorded.
    """
    sealed = {entry.get("record_sha256") for entry in ledger.events(root, run)}
    below = LADDER[: LADDER.index(stage)] if stage in LADDER else ()
    for parent in below:
        for path, _ in records_of(root, run, parent):
            if file_digest(path) not in sealed:
                raise UserError(
                    f"{path} is not the record that the ledger holds: restore it from a copy, or "
                    f"remove {root / 'results' / run} and climb again."
                )
    for name, (sha256, parent) in written_by(root, run, below).items():
        path = root / name
        if path.is_file() and file_digest(path) != sha256:
            raise UserError(
                f"{name} is not what stage '{parent}' wrote: restore it, or remove it and "
                f"results/{run}/{parent}/verdict.json and climb again."
            )

"""The last word of a climb: did it reach the top?"""

from pathlib import Path

from startsimple.report.climb import load_climb
from startsimple.schema.canonical import file_digest, write_json
from startsimple.schema.errors import UserError


def enforce(root: Path, run: str) -> tuple[bool, str]:
    """Judge a whole climb; if it reached the top, write results/<run>/climbed.json.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.

    Returns:
        Whether every stage is proven, and one sentence that says so or what to do.

    Raises:
        UserError: If the result cannot be written.
    """
    climb = load_climb(root, run)
    if not climb.climbed:
        blocked = climb.blocked
        remedy = blocked.verdict.next if blocked and blocked.verdict else ""
        remedy = climb.broken.error if climb.broken else remedy
        return False, " ".join([climb.headline(), remedy, f"Evidence: {climb.page}"])
    proven = {
        rung.stage: {
            "status": str(rung.verdict.status) if rung.verdict else None,
            "verdict_sha256": file_digest(rung.folder / "verdict.json"),
        }
        for rung in climb.rungs
    }
    path = root / "results" / run / "climbed.json"
    try:
        write_json(path, {"run": run, "stages": proven})
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror}.") from error
    return True, f"{climb.headline()} Evidence: {climb.page}"

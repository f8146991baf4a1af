"""The last word of a climb: did it reach the top?"""

from pathlib import Path

from startsimple.report.climb import load_climb


def enforce(root: Path, run: str) -> tuple[bool, str]:
    """Judge a whole climb.

    Args:
        root: The repository, which holds results/.
        run: Name of the run.

    Returns:
        Whether every stage is proven, and one sentence that says so or what to do.
    """
    climb = load_climb(root, run)
    if not climb.climbed:
        blocked = climb.blocked
        remedy = blocked.verdict.next if blocked and blocked.verdict else ""
        remedy = climb.broken.error if climb.broken else remedy
        return False, " ".join([climb.headline(), remedy, f"Evidence: {climb.page}"])
    return True, f"{climb.headline()} Evidence: {climb.page}"

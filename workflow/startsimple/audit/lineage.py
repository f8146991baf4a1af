"""Part of check 8: what a round read of its parent's run is what that run recorded.

Standard library only. A parent that was climbed again since is no tampering: what counts is what
it had written by the time of the round, which its records, the ledger and its sealed manifest
tell. Where none of them is left, that is said, and nothing fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from startsimple.audit.verifier import Trail, file_sha256

_EVER = float("inf")


@dataclass(frozen=True)
class Reading:
    """A file of another run that an attempt read.

    Attributes:
        attempt: The attempt's record, for people.
        line: Line of the ledger that closed the attempt.
        path: The file, from the repository on.
        sha256: What was read.
    """

    attempt: str
    line: int
    path: str
    sha256: str

    @property
    def run(self) -> str:
        """Name of the run that the file belongs to."""
        return self.path.split("/")[1]

    @property
    def inside(self) -> str:
        """The file's path below its run's folder."""
        return self.path.split("/", 2)[2]


def borrowed(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the inputs of an attempt that belong to another run."""
    own, read = record["run"], [item["path"].split("/") for item in record.get("inputs", [])]
    others = [parts[0] == "results" and parts[1] != own for parts in read]
    return [item for item, other in zip(record.get("inputs", []), others, strict=True) if other]


def check_lineage(trail: Trail, findings: list[str]) -> str:
    """Hold all that a run read of other runs against what these recorded.

    Args:
        trail: The run.
        findings: Where a finding goes, each naming the other run's file.

    Returns:
        What was checked, and what could not be; empty for a run that read of no other.
    """
    readings = list(_readings(trail))
    told: list[str] = []
    for name in sorted({reading.run for reading in readings}):
        read = [one for one in readings if one.run == name]
        told.append(_Source(trail, name).hold(read, findings))
    return "; ".join(told)


def _readings(trail: Trail) -> Iterator[Reading]:
    """Yield what the recorded attempts read of other runs; check 5 finds unrecorded ones."""
    closed = _closed(trail.events)
    for path, record, sha in trail.records:
        if sha in closed:
            name = path.relative_to(trail.run).as_posix()
            for item in borrowed(record):
                yield Reading(name, closed[sha], item["path"], item["sha256"])


def _closed(events: list[dict[str, Any]]) -> dict[str, int]:
    """Return the ledger's line about each closed attempt, by its record's SHA-256."""
    return {e["record_sha256"]: e["seq"] for e in events if e.get("event") == "stage"}


class _Source:
    """What the trail of another run tells about its files; the run itself may be gone."""

    def __init__(self, trail: Trail, name: str) -> None:
        self._name = name
        self._trail = Trail(trail.run.parent / name, trail.ledger)
        # By the name that was read, whatever the other run's manifest calls itself.
        self._events = [entry for entry in trail.entries if entry.get("run") == name]
        seals = [entry for entry in self._events if entry.get("event") == "seal"]
        self._seal: dict[str, Any] = seals[-1] if seals else {}
        manifest = self._trail.run / "audit/MANIFEST.json"
        told = self._seal.get("manifest_sha256")
        self._vouched = manifest.is_file() and told == file_sha256(manifest)

    def hold(self, readings: list[Reading], findings: list[str]) -> str:
        """Hold what was read against the records, and against what lies there now."""
        if self._seal and self._trail.run.is_dir() and not self._vouched:
            findings.append(f"results/{self._name}/audit/MANIFEST.json is not the one sealed last")
        unknown: list[str] = []
        since = False
        for one in readings:
            then, now = self._told(one, one.line), self._told(one, _EVER)
            path = self._trail.run / one.inside
            present = file_sha256(path) if path.is_file() else one.sha256
            if then is not None and then != one.sha256:
                findings.append(f"{one.attempt} read {one.path}, which is not what was recorded")
            elif one.sha256 not in (then, now):
                unknown.append(one.inside)
            if present != one.sha256 and now is None and not self._settled(_EVER):
                unknown.append(one.inside)
            elif present not in (one.sha256, now):
                findings.append(f"{one.path} was changed since {one.attempt} read it")
            since |= present != one.sha256
        return self._answer(len(readings), sorted(set(unknown)), since)

    def _settled(self, line: float) -> bool:
        """Return whether the last that happened to the run by a line of the ledger is its seal."""
        before = [entry for entry in self._events if entry["seq"] < line]
        return bool(before) and before[-1] is self._seal

    def _told(self, reading: Reading, line: float) -> str | None:
        """Return the SHA-256 that a file had by a line of the ledger; None if nothing tells."""
        found: str | None = None
        closed = _closed(self._events)
        for _, record, sha in self._trail.records:
            for item in record.get("outputs", []):
                if item["path"] == reading.path and closed.get(sha, _EVER) < line:
                    found = item["sha256"]
        for event in self._events if found is None else ():
            judged = f"results/{self._name}/{event.get('stage')}/verdict.json" == reading.path
            if judged and event.get("event") == "gate" and event["seq"] < line:
                found = event["verdict_sha256"]
        if found is None and self._vouched and self._settled(line):
            # What a seal does not list was added behind its back.
            found = self._trail.files.get(reading.inside, {}).get("sha256", "")
        return found

    def _answer(self, count: int, unknown: list[str], since: bool) -> str:
        here = (self._trail.run / "audit").is_dir()
        told = f"{count} files of '{self._name}'"
        if unknown:
            why = "of which nothing sealed is left" if here else "which is not beside this run"
            return f"SKIPPED {len(unknown)} of {told}, {why}: {', '.join(unknown)}"
        return f"{told} were read as recorded" + (", before it was climbed again" if since else "")

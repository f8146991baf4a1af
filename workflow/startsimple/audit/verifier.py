"""Checks that a run is what its records say. Needs nothing but Python's standard library.

A reviewer may copy this file, read it and run it: `python verifier.py results/RUN`. It writes no
file. Each check holds what is on disk against its record; README and report say what is unproven.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

NAMESPACE = "startsimple-audit"
# The manifest cannot hold itself, nor what is made from it.
SIGNED = ("audit/MANIFEST.json", "audit/HEAD.json")
UNLISTED = {*SIGNED, *(f"{name}.sig" for name in SIGNED), "audit/MANIFEST.sha256"}
RECORD = ("run", "stage", "attempt", "status", "error", "time")
FINISHED = ("config", "code", "env", "numerics", "host", "inputs", "outputs", "parents", "gates")


@dataclass
class Answer:
    """What one check found: status is ok, FAILED or SKIPPED."""

    number: int
    name: str
    told: str = ""
    findings: list[str] = field(default_factory=list[str])
    skipped: bool = False

    @property
    def status(self) -> str:
        """What to print of this check."""
        return "FAILED" if self.findings else "SKIPPED" if self.skipped else "ok"


def canonical(value: Any, indent: int | None = None) -> str:
    """Return JSON with sorted keys and no needless spaces: equal values, equal bytes."""
    gaps = (",", ":") if indent is None else (",", ": ")
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=indent, separators=gaps)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def run_files(run: Path) -> list[str]:
    """Return every file of a run that its manifest lists, relative to the run, sorted."""
    below = (path for path in run.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted({path.relative_to(run).as_posix() for path in below} - UNLISTED)


def merkle_root(files: dict[str, dict[str, Any]]) -> str:
    """Return the root of the tree over a manifest's files, leaves and nodes told apart."""
    level = [
        sha256(b"\x00" + canonical([name, files[name]["sha256"], files[name]["size"]]).encode())
        for name in sorted(files)
    ]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        joined = [sha256(b"\x01" + bytes.fromhex(a) + bytes.fromhex(b)) for a, b in pairs]
        level = joined + level[len(joined) * 2 :]
    return level[0] if level else sha256(b"")


def checksums(files: dict[str, dict[str, Any]]) -> str:
    """Return the list as `sha256sum --check` reads it."""
    return "".join(f"{files[name]['sha256']}  {name}\n" for name in sorted(files))


def entry_hash(entry: dict[str, Any]) -> str:
    """Return the SHA-256 of a ledger entry without its own hash."""
    return sha256(canonical({k: v for k, v in entry.items() if k != "hash"}).encode())


class Trail:
    """Everything on disk about one run, read once; what cannot be read is an empty value."""

    def __init__(self, run: Path, ledger: Path | None = None) -> None:
        self.run, self.root = run.resolve(), run.resolve().parent.parent
        self.ledger = ledger or self.run.parent / "ledger.jsonl"
        self.manifest: dict[str, Any] = self.json(self.run / "audit/MANIFEST.json")
        self.files: dict[str, dict[str, Any]] = self.manifest.get("files") or {}
        # The folder may have been renamed since; the seal in the ledger vouches for this name.
        self.name: str = self.manifest.get("run") or self.run.name
        self.lines = self.ledger.read_bytes().splitlines() if self.ledger.is_file() else []
        self.entries = [_parse(line) for line in self.lines]
        self.events = [entry for entry in self.entries if entry.get("run") == self.name]
        names = sorted((self.run / "audit").glob("*/attempt-*[0-9].json"))
        found = [(path, self.json(path), file_sha256(path)) for path in names]
        order = [entry.get("record_sha256") for entry in self.events]
        self.records = sorted(found, key=lambda it: order.index(it[2]) if it[2] in order else 0)

    def json(self, path: Path) -> dict[str, Any]:
        """Return a JSON object, an empty one if the file holds none."""
        return _parse(path.read_bytes()) if path.is_file() else {}

    def newest(self) -> dict[str, dict[str, Any]]:
        """Return each stage's last finished record."""
        return {r["stage"]: r for _, r, _ in self.records if r.get("status") == "finished"}

    def verdict(self, stage: str) -> dict[str, Any]:
        """Return a stage's verdict."""
        return self.json(self.run / stage / "verdict.json")


def _parse(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def check_signature(trail: Trail, answer: Answer, signers: Path | None) -> None:
    """1: the signatures over manifest and ledger head are of a key that the reviewer trusts."""
    present = any((trail.run / f"{name}.sig").exists() for name in SIGNED)
    if signers is None:
        told = "it is signed, but no --signers says whom you trust" if present else "not signed"
        answer.skipped, answer.told = True, told
        return
    for name in SIGNED:
        path, given = trail.run / name, ["-s", f"{trail.run / name}.sig", "-f", str(signers)]
        found = _call(["ssh-keygen", "-Y", "find-principals", *given])
        who = found.decode().split("\n")[0]
        verify = ["ssh-keygen", "-Y", "verify", "-I", who, "-n", NAMESPACE, *given]
        if not who or not path.is_file() or not _call(verify, path.read_bytes()):
            answer.findings.append(f"{name}.sig is no signature of the signers over {name}")
        answer.told = f"manifest and ledger head are signed by {who}"


def check_files(trail: Trail, answer: Answer) -> None:
    """2: every listed file is there with its bytes, and no other file is."""
    present = run_files(trail.run)
    for name in sorted({*present, *trail.files}):
        path, listed = trail.run / name, trail.files.get(name)
        if listed is None:
            answer.findings.append(f"{name} is not in the manifest: it was added")
        elif name not in present:
            answer.findings.append(f"{name} is missing: it was deleted")
        elif path.is_symlink() or file_sha256(path) != listed["sha256"]:
            same = next((n for n, f in trail.files.items() if f["sha256"] == file_sha256(path)), "")
            swapped = f" (they are those of {same})" if same else ""
            answer.findings.append(f"{name} has other bytes than were sealed{swapped}")
    answer.told = f"{len(present)} files are there, unchanged, and no other"


def check_root(trail: Trail, answer: Answer) -> None:
    """3: the manifest's root follows from its list, and its twin says the same."""
    if not trail.files:
        answer.findings.append("audit/MANIFEST.json is missing or damaged: was the run sealed?")
        return
    if merkle_root(trail.files) != trail.manifest.get("root"):
        answer.findings.append("audit/MANIFEST.json: its root does not follow from its files")
    twin = trail.run / "audit/MANIFEST.sha256"
    if not twin.is_file() or twin.read_bytes() != checksums(trail.files).encode():
        answer.findings.append("audit/MANIFEST.sha256 does not say what MANIFEST.json says")
    answer.told = f"root {trail.manifest['root']}"


def check_ledger(trail: Trail, answer: Answer, head: str | None) -> None:
    """4: the chain is whole, ends at its head, and holds the seal of this manifest."""
    find = answer.findings.append
    if not trail.lines:
        find(f"there is no ledger at {trail.ledger}: say where it is with --ledger")
        return
    previous = "0" * 64
    for number, (line, entry) in enumerate(zip(trail.lines, trail.entries, strict=True), 1):
        sound = entry.get("seq") == number and line == canonical(entry).encode()
        if not sound or entry.get("hash") != entry_hash(entry):
            find(f"{trail.ledger.name} line {number} was changed")
        if entry.get("prev") != previous:
            find(f"{trail.ledger.name} line {number} does not follow the line before it")
        previous = str(entry.get("hash"))
    ends = trail.ledger.with_name("HEAD.json")
    closing = {"count": len(trail.lines), "hash": previous}
    if not ends.is_file() or ends.read_bytes() != f"{canonical(closing, 1)}\n".encode():
        find(f"{ends.name} beside the ledger does not close it: lines were cut, added or rewritten")
    hashes = [str(entry.get("hash")) for entry in trail.entries]
    if head is not None and head not in hashes:
        find(f"the chain does not hold the head that you gave, {head}")
    seals = [entry for entry in trail.events if entry.get("event") == "seal"] or [{}]
    manifest, kept = (trail.run / name for name in SIGNED)
    if not manifest.is_file() or seals[-1].get("manifest_sha256") != file_sha256(manifest):
        find("the ledger's last seal of this run is of another audit/MANIFEST.json")
    told = {"count": seals[-1].get("seq"), "hash": seals[-1].get("hash")}
    if not kept.is_file() or kept.read_bytes() != f"{canonical(told, 1)}\n".encode():
        find("audit/HEAD.json is not the line of the ledger that sealed this run")
    answer.told = f"{len(trail.lines)} lines, head {previous}"


def check_records(trail: Trail, answer: Answer) -> None:
    """5: every attempt is recorded once, and each read only what was there before it."""
    find = answer.findings.append
    told = {e.get("record_sha256"): e for e in trail.events if e.get("event") == "stage"}
    for event in told.values():
        if event["record_sha256"] not in {sha for _, _, sha in trail.records}:
            find(f"audit/{event['stage']}/attempt-{event['attempt']}.json is not the one recorded")
    written, lent = dict[str, str](), 0
    for path, record, sha in trail.records:
        name = path.relative_to(trail.run).as_posix()
        needed = RECORD + (FINISHED if record.get("status") == "finished" else ())
        if sha not in told or any(key not in record for key in needed):
            find(f"{name} is not in the ledger, or lacks fields")
            continue
        times = [record["time"].get(key) for key in ("start", "end") if record["time"].get(key)]
        if times != sorted(times, key=datetime.fromisoformat):
            find(f"{name} ends before it starts")
        for below, known in record.get("parents", {}).items():
            if known not in {s for p, _, s in trail.records if p.parent.name == below}:
                find(f"{name}: its parent, a record of {below}, is not here")
        parent = record.get("config", {}).get("resolved", {}).get("parent")
        for item in record.get("inputs", []):
            if path.parent.name == "data":
                written[item["path"]] = item["sha256"]  # the stage that proves the pinned data
            if item["path"].startswith(f"results/{parent}/"):
                lent += 1  # a round reads its parent's run, into which check 8 looks
            elif written.get(item["path"]) != item["sha256"]:
                find(f"{name} read {item['path']}, which no stage wrote like that")
        written |= {item["path"]: item["sha256"] for item in record.get("outputs", [])}
    for name, sha in written.items():
        inside = name.removeprefix(f"results/{trail.name}/")
        path = trail.run / inside
        if inside != name and path.is_file() and file_sha256(path) != sha:
            find(f"{inside} is not what its stage wrote")
    states = [record.get("status") for _, record, _ in trail.records]
    counts = ", ".join(f"{states.count(s)} {s}" for s in ("finished", "failed", "aborted"))
    answer.told = f"attempts: {counts}; every input was written by a stage or is pinned data"
    answer.told += f", or is one of {lent} of its parent's run (see 8)" if lent else ""


def run_checks(trail: Trail, signers: Path | None, head: str | None) -> list[Answer]:
    """Make the checks 1 to 5: with the keys to trust, and a ledger line known from elsewhere."""
    return [
        answered(1, "signature", check_signature, trail, signers),
        answered(2, "files", check_files, trail),
        answered(3, "manifest", check_root, trail),
        answered(4, "ledger", check_ledger, trail, head),
        answered(5, "records", check_records, trail),
    ]


def answered(n: int, name: str, check: Callable[..., None], trail: Trail, *given: Any) -> Answer:
    """Make one check; evidence that cannot even be read fails it."""
    answer = Answer(n, name)
    try:
        check(trail, answer, *given)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError) as error:
        answer.findings.append(f"the evidence cannot be read: {type(error).__name__} {error}")
    return answer


def show(answers: Iterable[Answer]) -> str:
    """Return the answers as lines for people, at most six findings each."""
    lines: list[str] = []
    for a in answers:
        told = f"{len(a.findings)} findings" if a.findings else a.told
        lines.append(f"{a.status:<8}{a.number:>2} {a.name:<10} {told}")
        more = [f"and {len(a.findings) - 6} more"] if len(a.findings) > 6 else []
        lines += [f"{'':<12}- {finding}" for finding in (*a.findings[:6], *more)]
    return "\n".join(lines)


def main() -> int:
    """Check the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="the run's folder, such as results/RUN")
    parser.add_argument("--ledger", type=Path, help="ledger.jsonl, if it is not beside the run")
    parser.add_argument("--signers", type=Path, help="the keys that you trust")
    parser.add_argument("--head", help="hash of a ledger line that you have from elsewhere")
    given = parser.parse_args()
    answers = run_checks(Trail(given.run, given.ledger), given.signers, given.head)
    print(show(answers))
    print("SKIPPED  6 to 10: they need the package's command, `startsimple verify`")
    return int(any(answer.findings for answer in answers))


def _call(command: list[str], given: bytes = b"") -> bytes:
    """Return what a program prints; nothing if it fails or is missing."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=False)
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""


if __name__ == "__main__":
    sys.exit(main())

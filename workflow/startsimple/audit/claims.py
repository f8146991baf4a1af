"""Checks 6 and 7: the gates' answers follow from their values, config and code are those recorded.

Standard library only, like the verifier's core.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from startsimple.audit.verifier import Answer, Trail, canonical, file_sha256, sha256
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import OPERATORS, SEVERITY

_BLOCKING = tuple(status for status in SEVERITY if status.blocks)


def check_gates(trail: Trail, answer: Answer) -> None:
    """6: the answers follow from values and thresholds, and nothing passed a closed gate."""
    gates: dict[str, str] = {}
    for event in trail.events:
        stage = event.get("stage", "")
        if event.get("event") == "gate":
            gates[stage] = event["status"]
        if event.get("event") == "start" and stage in LADDER:
            for below in LADDER[: LADDER.index(stage)]:
                if gates.get(below, "fail") in _BLOCKING:
                    told = f"line {event['seq']}: {stage} started although {below} had not passed"
                    answer.findings.append(told)
    waived = {(e["stage"], e["check"]) for e in trail.events if e.get("event") == "waiver"}
    count = 0
    for stage, record in trail.newest().items():
        verdict = trail.verdict(stage)
        checks: list[dict[str, Any]] = verdict.get("checks") or []
        worst = next((s for s in SEVERITY[:-1] if s in {c["status"] for c in checks}), "")
        if {verdict.get("status"), gates.get(stage)} != {worst or "inconclusive"}:
            answer.findings.append(f"{stage}/verdict.json: its status is not its worst check's")
        recorded: dict[str, list[dict[str, Any]]] = {}
        for gate in record["gates"]:
            recorded.setdefault(gate["id"], []).append(gate)
        for check in checks:  # One id may ask two questions; they keep their order.
            same = recorded.get(check["id"])
            told = _judge(check, same.pop(0) if same else {}, (stage, check["id"]) in waived)
            answer.findings += [f"{stage}/verdict.json, {check['id']}: {told}"] if told else []
        count += len(checks)
    answer.told = f"{count} answers follow from value and threshold; no gate was passed closed"


def _judge(check: dict[str, Any], recorded: dict[str, Any], waived: bool) -> str:
    """Return what is wrong with a check, an empty string if nothing is."""
    value, op, bound, status = (check[key] for key in ("value", "op", "threshold", "status"))
    if any(recorded.get(key) != check[key] for key in ("value", "op", "threshold", "status")):
        return "value or threshold is not the one recorded"
    held = holds(value, op, bound)
    if held is not None and status in (_BLOCKING if held else ("pass",)):
        return f"{value} {op} {bound} does not give {status}"
    if check["evidence"].startswith("waived (") and not waived:
        return "its waiver is not in the ledger"
    return ""


def holds(value: Any, op: str, bound: Any) -> bool | None:
    """Return whether a value meets its threshold; None if nothing was compared."""
    if value is None or bound is None or op not in OPERATORS:
        return None
    try:
        return OPERATORS[op](value, bound)
    except TypeError:
        # NaN is written as a string, and holds nowhere.
        return False


def check_code(trail: Trail, answer: Answer) -> None:
    """7: config, code and lock file are those recorded."""
    kept, trees = trail.run / "audit/requirements.lock", dict[tuple[str, str], dict[str, str]]()
    unseen = set[str]()
    config = trail.json(trail.run / "config.json").get("config", {})
    records = trail.newest()
    for stage, record in records.items():
        resolved = record["config"]["resolved"]
        if sha256(canonical(resolved).encode()) != record["config"]["digest"]:
            answer.findings.append(f"{stage}: its recorded config has another digest")
        if stage in _standing(trail) and not within(resolved, config):
            answer.findings.append(f"config.json is not the config that {stage} ran with")
        if kept.is_file() and file_sha256(kept) != record["env"]["lock_sha256"]:
            answer.findings.append(f"audit/{kept.name} is not the lock file of {stage}")
        git, files = record["code"]["git"], record["code"]["files"]
        if git["commit"]:
            trees.setdefault((git["commit"], git["diff_sha256"] or ""), {}).update(files)
        else:
            unseen.update(files)
    lock = trail.root / "requirements.lock"
    known = (
        kept.read_bytes() if kept.is_file() else b"",
        _git(trail.root, "show", f"HEAD:{lock.name}"),
    )
    if lock.is_file() and lock.read_bytes() not in known:
        answer.findings.append(f"{lock.name} is neither the recorded one nor the committed one")
    # Stages of one run may come from several commits: a file counts where every one shows it.
    for key, files in trees.items():
        unseen.update(files.keys() - _compare_tree(trail, answer, *key, files))
    seen = len({name for r in records.values() for name in r["code"]["files"]} - unseen)
    answer.told = f"config, lock file and {seen} source files are those recorded"
    if unseen:
        answer.told += f"; SKIPPED {len(unseen)} source files that git here cannot show"


def _standing(trail: Trail) -> list[str]:
    """Return the stages of the last climb: those above a closed gate are left from before."""
    for index, stage in enumerate(LADDER):
        if trail.verdict(stage).get("status", "fail") in _BLOCKING:
            return list(LADDER[: index + 1])
    return list(LADDER)


def within(part: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Return whether a stage's slice is part of a config; below `stage` it holds only its own."""
    own: dict[str, Any] = part.get("stage", {})
    rest = all(whole.get(key) == value for key, value in part.items() if key != "stage")
    return rest and all(whole.get("stage", {}).get(key) == value for key, value in own.items())


def _compare_tree(
    trail: Trail, answer: Answer, commit: str, diff: str, files: dict[str, str]
) -> set[str]:
    """Compare source files with a commit and its stored diff; return those that git can show."""
    patch = trail.run / f"audit/diff-{diff[:12]}.patch"
    if diff and (not patch.is_file() or file_sha256(patch) != diff):
        answer.findings.append(f"audit/{patch.name} is missing or changed")
        return set()
    with tempfile.TemporaryDirectory() as scratch:
        env: dict[str, str] = {}
        if diff:
            # A scratch index and object store: the repository itself may be read-only.
            store = _git(trail.root, "rev-parse", "--git-path", "objects").decode().strip()
            (Path(scratch) / "objects").mkdir()
            env = {
                "GIT_INDEX_FILE": f"{scratch}/index",
                "GIT_OBJECT_DIRECTORY": f"{scratch}/objects",
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((trail.root / store).resolve()),
            }
            _git(trail.root, "read-tree", commit, env=env)
            _git(trail.root, "apply", "--cached", "--whitespace=nowarn", str(patch), env=env)
            commit = _git(trail.root, "write-tree", env=env).decode().strip()
        shown = _blobs(trail.root, commit, sorted(files), env)
    for name, content in shown.items():
        if sha256(content) != files[name]:
            answer.findings.append(f"{name}: the recorded source is not that of the commit")
    return set(shown)


def _blobs(root: Path, tree: str, names: list[str], env: dict[str, str]) -> dict[str, bytes]:
    """Return the content of files of a commit or tree, those that it has, by one call of git."""
    asked = "".join(f"{tree}:{name}\n" for name in names).encode()
    answer = _git(root, "cat-file", "--batch", given=asked, env=env)
    found: dict[str, bytes] = {}
    for name in names:
        header, _, answer = answer.partition(b"\n")
        kind = header.split(b" ")
        if len(kind) == 3 and kind[1] == b"blob":
            size = int(kind[2])
            found[name], answer = answer[:size], answer[size + 1 :]
    return found


def _git(root: Path, *words: str, given: bytes = b"", env: dict[str, str] | None = None) -> bytes:
    """Return what git prints; nothing if it fails. The repository may be another user's."""
    command = ["git", "-C", str(root), "-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
    full = {**os.environ, **(env or {}), "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            [*command, *words], input=given, env=full, capture_output=True, check=False
        )
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""

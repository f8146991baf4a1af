"""Ways to change a sealed run behind its back, each with what `verify` has to say about it."""

import json
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from startsimple.audit.verifier import (
    canonical,
    checksums,
    entry_hash,
    file_sha256,
    merkle_root,
    run_files,
)
from startsimple.schema.stages import LADDER

MANIFEST, TWIN, HEAD = "audit/MANIFEST.json", "audit/MANIFEST.sha256", "audit/HEAD.json"
# Files that the manifest does not list, and the check that has to miss them.
SPECIAL = {MANIFEST: 4, TWIN: 3, HEAD: 4, f"{MANIFEST}.sig": 1, f"{HEAD}.sig": 1}


@dataclass(frozen=True)
class Expected:
    """What a correct answer holds: every pair of a check's number and a word in its findings."""

    named: tuple[tuple[int, str], ...]


@dataclass
class Case:
    """A copy of a sealed repository, and the chance that decides what is done to it."""

    root: Path
    run: str
    chance: random.Random

    @property
    def folder(self) -> Path:
        return self.root / "results" / self.run

    @property
    def ledger(self) -> Path:
        return self.root / "results" / "ledger.jsonl"

    def any_file(self) -> str:
        """Return a file of the run, the unlisted ones included, empty ones left out."""
        names = [name for name in run_files(self.folder) if (self.folder / name).stat().st_size]
        return self.chance.choice([*names, *SPECIAL])

    def blame(self, name: str) -> Expected:
        """Return that the check in charge of a file of the run has to name it."""
        return Expected(((SPECIAL.get(name, 2), name.removesuffix(".sig")),))


def edit_a_byte(case: Case) -> Expected:
    name = case.any_file()
    path = case.folder / name
    content = bytearray(path.read_bytes())
    content[case.chance.randrange(len(content))] ^= 1 << case.chance.randrange(8)
    path.write_bytes(bytes(content))
    return case.blame(name)


def truncate(case: Case) -> Expected:
    name = case.any_file()
    path = case.folder / name
    os.truncate(path, case.chance.randrange(path.stat().st_size))
    return case.blame(name)


def add_a_file(case: Case) -> Expected:
    folders = [path for path in (case.folder, *case.folder.rglob("*")) if path.is_dir()]
    added = case.chance.choice(sorted(folders)) / f"extra-{case.chance.randrange(10**6)}.json"
    added.write_text("{}")
    return case.blame(added.relative_to(case.folder).as_posix())


def delete_a_file(case: Case) -> Expected:
    name = case.any_file()
    (case.folder / name).unlink()
    return case.blame(name)


def swap_two_files(case: Case) -> Expected:
    files = [case.folder / name for name in run_files(case.folder)]
    first = case.chance.choice(files)
    content = first.read_bytes()
    second = case.chance.choice([path for path in files if path.read_bytes() != content])
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    names = [path.relative_to(case.folder).as_posix() for path in (first, second)]
    return Expected(tuple((2, name) for name in names))


def verdict_with_its_threshold(case: Case) -> Expected:
    """Move a value and its threshold together; half the time redo the manifest, too."""
    verdicts = {s: json.loads((case.folder / s / "verdict.json").read_bytes()) for s in LADDER}
    stage, check = case.chance.choice(
        [
            (stage, check)
            for stage, verdict in verdicts.items()
            for check in verdict["checks"]
            if isinstance(check["value"], int | float) and check["op"] != "in"
        ]
    )
    path, verdict = case.folder / stage / "verdict.json", verdicts[stage]
    shift = case.chance.choice([0.25, 1, 10])
    check["value"], check["threshold"] = check["value"] + shift, check["threshold"] + shift
    path.write_text(canonical(verdict, 1) + "\n")
    named = f"{stage}/verdict.json"
    if case.chance.random() < 0.5:
        redo_manifest(case)
        return Expected(((1, MANIFEST), (4, MANIFEST), (5, named), (6, f"{named}, {check['id']}")))
    return Expected(((2, named), (5, named), (6, f"{named}, {check['id']}")))


def redo_manifest(case: Case) -> None:
    """Write the manifest that the changed files would have had."""
    files: dict[str, dict[str, Any]] = {
        name: {
            "sha256": file_sha256(case.folder / name),
            "size": (case.folder / name).stat().st_size,
        }
        for name in run_files(case.folder)
    }
    old = json.loads((case.folder / MANIFEST).read_bytes())
    new = {**old, "files": files, "root": merkle_root(files)}
    (case.folder / MANIFEST).write_text(canonical(new, 1) + "\n")
    (case.folder / TWIN).write_text(checksums(files))


def ledger_at(part: str) -> Callable[[Case], Expected]:
    """Return a tampering of the ledger's head, middle or tail."""

    def tamper(case: Case) -> Expected:
        lines = case.ledger.read_text().splitlines()
        third = len(lines) // 3
        first = {"head": 0, "middle": third, "tail": len(lines) - third}[part]
        at = first + case.chance.randrange(third)
        what = case.chance.choice(["change", "cut out", "repeat", "swap", "cut off"])
        word = f"ledger.jsonl line {at + 1}"
        if what == "change":
            entry = json.loads(lines[at])
            key = case.chance.choice(sorted(set(entry) - {"seq"}))
            entry[key] = f"{entry[key]}0" if isinstance(entry[key], str) else 7 + entry[key]
            lines[at] = canonical(entry)
        elif what == "cut out":
            del lines[at]
            word = "HEAD.json" if at == len(lines) else word
        elif what == "repeat":
            lines.insert(at, lines[at])
            word = f"ledger.jsonl line {at + 2}"
        elif what == "swap":
            other = case.chance.choice([i for i in range(len(lines)) if i != at])
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines = lines[:at]
            word = "HEAD.json" if lines else "ledger"
        case.ledger.write_text("".join(f"{line}\n" for line in lines))
        return Expected(((4, word),))

    return tamper


def rewrite_the_chain(case: Case) -> Expected:
    """Change history, then redo every hash up to the run's own head; only the signature stays."""
    entries = [json.loads(line) for line in case.ledger.read_text().splitlines()]
    victim = case.chance.randrange(len(entries) - 1)
    if case.chance.random() < 0.5:
        del entries[victim]
    else:
        entries[victim]["time"] = "2020-01-01T00:00:00.000+00:00"
    previous = "0" * 64
    for number, entry in enumerate(entries, 1):
        entry |= {"seq": number, "prev": previous}
        entry["hash"] = previous = entry_hash(entry)
    case.ledger.write_text("".join(f"{canonical(entry)}\n" for entry in entries))
    closing_line = canonical({"count": len(entries), "hash": previous}, 1) + "\n"
    (case.root / "results/HEAD.json").write_text(closing_line)
    if case.chance.random() < 0.5:
        sealed = [entry for entry in entries if entry["event"] == "seal"][-1]
        own = canonical({"count": sealed["seq"], "hash": sealed["hash"]}, 1) + "\n"
        (case.folder / HEAD).write_text(own)
        return Expected(((1, HEAD),))
    return Expected(((4, HEAD),))


_SQL = (
    "UPDATE params SET value = value || '9' WHERE run_uuid = ? AND key = ?",
    "UPDATE metrics SET value = value + 0.5 WHERE run_uuid = ? AND key = ?",
    "UPDATE latest_metrics SET value = value + 0.5 WHERE run_uuid = ? AND key = ?",
    "UPDATE tags SET value = value || 'x' WHERE run_uuid = ? AND key = ?",
    "DELETE FROM metrics WHERE run_uuid = ? AND key = ?",
    "DELETE FROM params WHERE run_uuid = ? AND key = ?",
    "UPDATE runs SET status = 'KILLED' WHERE run_uuid = ? AND name <> ?",
)


def mlflow_by_sql(case: Case) -> Expected:
    with closing(sqlite3.connect(case.root / "results/mlflow.db")) as store:
        while True:
            statement = case.chance.choice(_SQL)
            table = statement.split()[2 if statement.startswith("DELETE") else 1]
            column = "name" if table == "runs" else "key"
            rows = store.execute(f"SELECT run_uuid, {column} FROM {table}").fetchall()
            identity, key = case.chance.choice(sorted(rows))
            given = (identity, "" if table == "runs" else key)
            if store.execute(statement, given).rowcount:
                store.commit()
                return Expected(((8, f"of run {identity}"),)) if key != "run" else LOST


# A run that no longer bears its name is missing from those of this name.
LOST = Expected(((8, "mlflow.db no longer holds run"),))


def dvc_cache_with_its_mode(case: Case) -> Expected:
    """Change cached data and give the file its mode and times back: DVC then trusts it."""
    objects = [path for path in (case.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()]
    path = case.chance.choice(sorted(objects))
    status = path.stat()
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[case.chance.randrange(len(content))] ^= 1 << case.chance.randrange(8)
    path.write_bytes(bytes(content))
    path.chmod(status.st_mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return Expected(((8, f".dvc/cache/files/md5/{path.parent.name}/{path.name}"),))


def change_the_crate(case: Case) -> Expected:
    path = case.folder / "ro-crate-metadata.json"
    crate = json.loads(path.read_bytes())
    graph = crate["@graph"]
    what = case.chance.choice(["status", "time", "drop", "digest", "dangle"])
    action = case.chance.choice([e for e in graph if e["@type"] == "CreateAction"])
    if what == "status":
        action["actionStatus"] = {"@id": "http://schema.org/PotentialActionStatus"}
    elif what == "time":
        action["startTime"] = "2020-01-01T00:00:00+00:00"
    elif what == "drop":
        graph.remove(action)
    elif what == "digest":
        case.chance.choice([e for e in graph if "sha256" in e])["sha256"] = "0" * 64
    else:
        action["result"] = [{"@id": "nowhere.json"}]
    path.write_text(canonical(crate, 1) + "\n")
    return case.blame("ro-crate-metadata.json")


def change_the_lock_file(case: Case) -> Expected:
    kept = case.chance.random() < 0.5
    path = case.folder / "audit/requirements.lock" if kept else case.root / "requirements.lock"
    lines = path.read_text().splitlines()
    at = case.chance.randrange(len(lines))
    lines[at] = f"{lines[at].split('==')[0]}==0.0.{case.chance.randrange(1000)}"
    path.write_text("\n".join(lines) + "\n")
    return Expected(((2, "audit/requirements.lock"),) if kept else ((7, "requirements.lock"),))


KINDS: dict[str, Callable[[Case], Expected]] = {
    "edit a byte": edit_a_byte,
    "truncate a file": truncate,
    "add a file": add_a_file,
    "delete a file": delete_a_file,
    "swap two files": swap_two_files,
    "edit a verdict's value with its threshold": verdict_with_its_threshold,
    "edit the ledger at its head": ledger_at("head"),
    "edit the ledger in its middle": ledger_at("middle"),
    "edit the ledger at its tail": ledger_at("tail"),
    "rewrite the whole chain against a signed head": rewrite_the_chain,
    "edit MLflow's database by SQL": mlflow_by_sql,
    "edit the DVC cache, mode restored": dvc_cache_with_its_mode,
    "change the crate": change_the_crate,
    "change the lock file": change_the_lock_file,
}

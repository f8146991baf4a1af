import json
import multiprocessing
from itertools import pairwise
from pathlib import Path

import pytest

from startsimple.audit import ledger
from startsimple.schema.errors import UserError


def add(root: Path, count: int, run: str = "a") -> None:
    for _ in range(count):
        ledger.append(root, {"event": "start", "run": run, "stage": "data"})


def lines(root: Path) -> list[str]:
    return (root / "results" / "ledger.jsonl").read_text().splitlines()


def write(root: Path, content: list[str]) -> None:
    (root / "results" / "ledger.jsonl").write_text("".join(f"{line}\n" for line in content))


def test_every_line_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    add(tmp_path, 3)
    entries = [json.loads(line) for line in lines(tmp_path)]
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert entries[0]["prev"] == ledger.GENESIS
    for before, after in pairwise(entries):
        assert after["prev"] == before["hash"] == ledger.entry_hash(before)
    head = json.loads((tmp_path / "results" / "HEAD.json").read_text())
    assert head == {"count": 3, "hash": entries[-1]["hash"]}


def test_hash_covers_every_field(tmp_path: Path) -> None:
    entry = ledger.append(tmp_path, {"event": "waiver", "run": "a", "check": "D-01"})
    for key in entry.keys() - {"hash"}:
        assert ledger.entry_hash({**entry, key: "changed"}) != entry["hash"]


def test_unknown_event_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="party"):
        ledger.append(tmp_path, {"event": "party", "run": "a"})


def test_cut_tail_is_refused(tmp_path: Path) -> None:
    add(tmp_path, 4)
    write(tmp_path, lines(tmp_path)[:-1])
    with pytest.raises(UserError, match="lines were removed or changed"):
        add(tmp_path, 1)


def test_removed_ledger_is_refused(tmp_path: Path) -> None:
    add(tmp_path, 2)
    (tmp_path / "results" / "ledger.jsonl").unlink()
    with pytest.raises(UserError, match="begin a new ledger"):
        add(tmp_path, 1)


def test_kill_between_line_and_head_is_survived(tmp_path: Path) -> None:
    add(tmp_path, 2)
    head = (tmp_path / "results" / "HEAD.json").read_text()
    add(tmp_path, 1)
    (tmp_path / "results" / "HEAD.json").write_text(head)
    add(tmp_path, 1)
    assert [json.loads(line)["seq"] for line in lines(tmp_path)] == [1, 2, 3, 4]


def test_unfinished_line_of_a_power_cut_is_dropped(tmp_path: Path) -> None:
    add(tmp_path, 2)
    with (tmp_path / "results" / "ledger.jsonl").open("a") as stream:
        stream.write('{"event":"sta')
    add(tmp_path, 1)
    assert [json.loads(line)["seq"] for line in lines(tmp_path)] == [1, 2, 3]


def test_parallel_appends_keep_the_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=add, args=(tmp_path, 20)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    entries = [json.loads(line) for line in lines(tmp_path)]
    assert [entry["seq"] for entry in entries] == list(range(1, 81))
    assert all(a["hash"] == b["prev"] for a, b in pairwise(entries))


def test_openings_count_one_run_only(tmp_path: Path) -> None:
    for run in ("a", "b", "a"):
        ledger.append(tmp_path, {"event": "test_opened", "run": run, "purpose": "claim"})
    add(tmp_path, 1)
    assert ledger.openings(tmp_path, "a") == 2
    assert ledger.openings(tmp_path, "c") == 0


def test_unwritable_results_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("not a folder")
    with pytest.raises(UserError, match="Cannot write below"):
        add(tmp_path, 1)

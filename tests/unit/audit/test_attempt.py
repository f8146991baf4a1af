import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from startsimple.audit import ledger, watch
from startsimple.audit.attempt import attempt
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Check, Status, Verdict

RUN, STAGE = "demo", "gap"


def begin(root: Path, **changes: Any) -> Any:
    config = {"dataset": {"name": "demo"}, "seed": 3}
    return attempt(
        root, RUN, STAGE, config=config, digests={"code": "c"}, sample_seconds=0.05, **changes
    )


def record_of(root: Path, number: int) -> dict[str, Any]:
    path = root / "results" / RUN / "audit" / STAGE / f"attempt-{number}.json"
    return json.loads(path.read_text())


def verdict(*checks: Check, status: Status = Status.PASS) -> Verdict:
    return Verdict(RUN, STAGE, status, checks, "Go on.", deciding="E-04", numbers={"device": "cpu"})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_finished_attempt_holds_what_was_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.bin").write_bytes(b"first")
    parent = tmp_path / "results" / RUN / "data" / "verdict.json"
    parent.parent.mkdir(parents=True)
    parent.write_text("{}")
    with begin(tmp_path) as facts:
        facts.folder.mkdir(parents=True)
        (tmp_path / "data" / "x.bin").read_bytes()
        (tmp_path / "data" / "x.bin").write_bytes(b"later")
        parent.read_text()
        (facts.folder / "own.txt").write_text("mine")
        (facts.folder / "own.txt").read_text()
        (facts.folder / "stage.log").write_text("grows")
        answer = verdict(Check("E-04", "route", Status.PASS, "bias"))
        answer.write(facts.folder / "verdict.json")
        facts.conclude(answer)
    record = record_of(tmp_path, 1)
    assert (record["status"], record["error"]) == ("finished", None)
    read = {item["path"]: item["sha256"] for item in record["inputs"]}
    assert read == {
        "data/x.bin": sha256(b"first"),
        f"results/{RUN}/data/verdict.json": sha256(b"{}"),
    }
    written = {item["path"]: item["sha256"] for item in record["outputs"]}
    assert written.keys() == {
        "data/x.bin",
        f"results/{RUN}/{STAGE}/own.txt",
        f"results/{RUN}/{STAGE}/verdict.json",
    }
    assert written[f"results/{RUN}/{STAGE}/own.txt"] == sha256(b"mine")
    assert record["device"] == "cpu"
    assert record["config"]["resolved"]["seed"] == 3
    assert "startsimple/stages/gap.py" in " ".join(record["code"]["files"])
    assert record["env"]["distributions"]["numpy"]["version"]
    assert record["time"]["start"] <= record["time"]["end"]
    assert record["time"]["peak_rss_bytes"] > 1_000_000
    assert record["samples"][0]["resident_mb"] > 1


def test_folder_named_audit_above_the_repository_hides_nothing(tmp_path: Path) -> None:
    root = tmp_path / "audit" / "repository"
    (root / "data").mkdir(parents=True)
    (root / "data" / "x.bin").write_bytes(b"first")
    with begin(root) as facts:
        (root / "data" / "x.bin").read_bytes()
        ledger.events(root)
        facts.conclude(verdict())
    assert [item["path"] for item in record_of(root, 1)["inputs"]] == ["data/x.bin"]


def test_units_that_a_worker_wrote_are_outputs_and_found_ones_inputs(tmp_path: Path) -> None:
    units = tmp_path / "results" / RUN / "units"
    (units / "old").mkdir(parents=True)
    (units / "old" / "figures.json").write_text("{}")
    os.utime(units / "old" / "figures.json", (1e9, 1e9))
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text('new')"
    with begin(tmp_path) as facts:
        (units / "new").mkdir()
        new = units / "new" / "figures.json"
        subprocess.run([sys.executable, "-c", program, str(new)], check=True)
        new.read_text()
        (units / "old" / "figures.json").read_text()
        facts.conclude(verdict())
    record = record_of(tmp_path, 1)
    paths = [[item["path"] for item in record[key]] for key in ("inputs", "outputs")]
    name = f"results/{RUN}/units"
    assert paths == [[f"{name}/old/figures.json"], [f"{name}/new/figures.json"]]


def test_record_is_written_even_if_nothing_can_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no such device")

    monkeypatch.setattr("startsimple.audit.attempt.measured", broken)
    with begin(tmp_path):
        pass
    record = record_of(tmp_path, 1)
    assert (record["status"], record["unmeasured"]) == ("finished", "OSError: no such device")


def test_failed_attempt_is_recorded_and_raised(tmp_path: Path) -> None:
    with pytest.raises(UserError), begin(tmp_path):
        raise UserError("The batch is larger than the set.")
    with pytest.raises(ZeroDivisionError), begin(tmp_path):
        print(1 / 0)
    assert record_of(tmp_path, 1)["error"] == "The batch is larger than the set."
    assert record_of(tmp_path, 2)["error"] == "ZeroDivisionError: division by zero"
    told = [(e["event"], e.get("status")) for e in ledger.events(tmp_path, RUN)]
    assert told == [("start", None), ("stage", "failed")] * 2


def test_attempts_are_numbered_and_kept(tmp_path: Path) -> None:
    for _ in range(3):
        with begin(tmp_path):
            pass
    first = record_of(tmp_path, 1)
    assert [record_of(tmp_path, n)["attempt"] for n in (1, 2, 3)] == [1, 2, 3]
    assert first["time"]["start"] <= record_of(tmp_path, 3)["time"]["start"]
    assert not list((tmp_path / "results" / RUN / "audit" / STAGE).glob("*.open.json"))


def test_ledger_tells_gate_and_waiver_with_their_digests(tmp_path: Path) -> None:
    with begin(tmp_path) as facts:
        failing = Check("E-04", "route", Status.FAIL, 1, "==", 0, evidence="1 is not 0.")
        answer = verdict(failing.waived("known"), status=Status.WARN)
        answer.write(facts.folder / "verdict.json")
        facts.conclude(answer)
    start, stage, gate, waiver = ledger.events(tmp_path, RUN)
    path = tmp_path / "results" / RUN / "audit" / STAGE / "attempt-1.json"
    assert (start["event"], start["attempt"]) == ("start", 1)
    assert stage["record_sha256"] == sha256(path.read_bytes())
    assert gate["status"] == "warn"
    assert gate["verdict_sha256"] == sha256((facts.folder / "verdict.json").read_bytes())
    assert waiver["check"] == "E-04"
    assert "known" in waiver["evidence"]


def test_parents_are_the_newest_records_of_other_stages(tmp_path: Path) -> None:
    for stage in ("data", "data", "simplify"):
        with attempt(tmp_path, RUN, stage, config={}, digests={}):
            pass
    newest = tmp_path / "results" / RUN / "audit" / "data" / "attempt-2.json"
    with begin(tmp_path):
        pass
    parents = record_of(tmp_path, 1)["parents"]
    assert parents.keys() == {"data", "simplify"}
    assert parents["data"] == sha256(newest.read_bytes())


PROGRAM = """
import sys, time
from pathlib import Path
from startsimple.audit.attempt import attempt
with attempt(Path(sys.argv[1]), "demo", "gap", config={}, digests={}):
    print("inside", flush=True)
    time.sleep(60)
"""


def started(root: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    return process


def test_terminated_attempt_writes_its_own_record(tmp_path: Path) -> None:
    process = started(tmp_path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    record = record_of(tmp_path, 1)
    assert record["status"] == "aborted"
    assert record["host"]["cores"]


def test_killed_attempt_is_closed_by_the_next_one(tmp_path: Path) -> None:
    process = started(tmp_path)
    process.kill()
    process.wait(30)
    assert not (tmp_path / "results" / RUN / "audit" / STAGE / "attempt-1.json").exists()
    with begin(tmp_path):
        pass
    record = record_of(tmp_path, 1)
    assert record["status"] == "aborted"
    assert record["time"]["end"] is None
    assert record_of(tmp_path, 2)["status"] == "finished"
    closing = [e for e in ledger.events(tmp_path, RUN) if e.get("status") == "aborted"]
    assert [entry["attempt"] for entry in closing] == [1]


def test_attempt_under_way_is_left_alone(tmp_path: Path) -> None:
    process = started(tmp_path)
    try:
        with begin(tmp_path):
            pass
        assert not (tmp_path / "results" / RUN / "audit" / STAGE / "attempt-1.json").exists()
        assert record_of(tmp_path, 2)["status"] == "finished"
    finally:
        process.kill()
        process.wait(30)


def test_unwritable_results_end_in_a_sentence_before_the_stage_runs(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("not a folder")
    with pytest.raises(UserError, match="Cannot write below"), begin(tmp_path):
        pytest.fail("the stage ran")


def test_samples_thin_out_over_a_long_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_MOST_SAMPLES", 8)
    with attempt(tmp_path, RUN, STAGE, config={}, digests={}, sample_seconds=0.005):
        time.sleep(0.8)
    seconds = [sample["seconds"] for sample in record_of(tmp_path, 1)["samples"]]
    assert 4 <= len(seconds) <= 9
    assert seconds[-1] >= 0.7


def test_first_content_read_counts_and_own_earlier_files_do_not(tmp_path: Path) -> None:
    target = tmp_path / "data" / "x.bin"
    target.parent.mkdir()
    target.write_bytes(b"first")
    with begin(tmp_path) as facts:
        facts.folder.mkdir(parents=True)
        subprocess.run(["sh", "-c", f"echo resumed > {facts.folder}/checkpoint"], check=True)
        (facts.folder / "checkpoint").read_bytes()
        target.read_bytes()
        subprocess.run(["sh", "-c", f"echo later > {target}"], check=True)
        target.read_bytes()
    read = {item["path"]: item["sha256"] for item in record_of(tmp_path, 1)["inputs"]}
    assert read == {"data/x.bin": sha256(b"first")}

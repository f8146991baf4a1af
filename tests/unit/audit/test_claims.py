import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.made_trail import RUN, climb_stage

from startsimple.audit import ledger
from startsimple.audit.attempt import attempt
from startsimple.audit.claims import check_code, check_gates, holds
from startsimple.audit.verifier import Answer, Trail, answered
from startsimple.schema.canonical import read_json, write_json


def found(root: Path, check: Any) -> Answer:
    return answered(0, "", check, Trail(root / "results" / RUN))


def edit_verdict(root: Path, stage: str, **changes: Any) -> None:
    path = root / "results" / RUN / stage / "verdict.json"
    verdict = read_json(path)
    verdict["checks"][0] |= changes
    write_json(path, verdict)


@pytest.mark.parametrize(
    ("value", "op", "bound", "answer"),
    [
        (1, "<=", 1, True),
        (1, "<", 1, False),
        (2, ">", 1, True),
        (0.5, "in", [0, 1], True),
        (1.5, "in", [0, 1], False),
        ("nan", "<=", 1, False),
        ("bias", "!=", "bias", False),
        (None, "<=", 1, None),
        (1, "", 1, None),
    ],
)
def test_operators_are_those_of_the_gates(
    value: Any, op: str, bound: Any, answer: bool | None
) -> None:
    assert holds(value, op, bound) is answer


def test_untouched_gates_hold(sealed: Path) -> None:
    answer = found(sealed, check_gates)
    assert (answer.findings, answer.told[:9]) == ([], "9 answers")


def test_value_edited_with_its_threshold_is_not_the_recorded_one(sealed: Path) -> None:
    edit_verdict(sealed, "benchmark", value=0.99, threshold=[0.9, 1.0])
    assert found(sealed, check_gates).findings == [
        "benchmark/verdict.json, B-01: value or threshold is not the one recorded"
    ]


def test_answer_that_does_not_follow_is_found_even_if_recorded(sealed: Path) -> None:
    record = sealed / "results" / RUN / "audit/gap/attempt-2.json"
    content = read_json(record)
    content["gates"][0]["value"] = "variance"
    write_json(record, content)
    edit_verdict(sealed, "gap", value="variance")
    assert "variance == bias does not give pass" in str(found(sealed, check_gates).findings)


def test_waiver_that_the_ledger_does_not_hold_is_found(sealed: Path) -> None:
    trail = Trail(sealed / "results" / RUN)
    trail.events = [event for event in trail.events if event["event"] != "waiver"]
    (told,) = answered(0, "", check_gates, trail).findings
    assert told == "tune/verdict.json, T-05: its waiver is not in the ledger"


def test_stage_that_started_above_a_closed_gate_is_found(sealed: Path) -> None:
    ledger.append(sealed, {"event": "gate", "run": RUN, "stage": "gap", "status": "fail"})
    climb_stage(sealed, "tune", {})
    told = [item for item in found(sealed, check_gates).findings if "started" in item]
    assert len(told) == 1
    assert told[0].endswith("tune started although gap had not passed")


def test_config_and_lock_file_are_held_against_the_records(sealed: Path) -> None:
    assert not found(sealed, check_code).findings
    config = sealed / "results" / RUN / "config.json"
    content = read_json(config)
    write_json(config, {**content, "config": {**content["config"], "seed": 1}})
    (sealed / "requirements.lock").write_text("torch==9\n")
    told = found(sealed, check_code).findings
    assert told[0] == "config.json is not the config that data ran with"
    assert told[-1] == "requirements.lock is neither the recorded one nor the committed one"


def test_committed_new_lock_file_is_no_alarm(sealed: Path) -> None:
    (sealed / "requirements.lock").write_text("torch==9\n")
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    subprocess.run(["git", *who, "commit", "-qam", "Upgrade"], cwd=sealed, check=True)
    assert not found(sealed, check_code).findings


SOURCE = "workflow/startsimple/schema/stages.py"


def test_recorded_source_of_a_dirty_tree_is_the_commit_with_its_diff(sealed: Path) -> None:
    """Its sources are pretended to be below the repository, where git can show them."""
    (sealed / SOURCE).write_text((sealed / SOURCE).read_text() + "\nEXTRA = 1\n")
    with pytest.MonkeyPatch.context() as patch:
        hashes = {SOURCE: ledger.entry_hash({})}
        patch.setattr("startsimple.audit.facts.source_files", lambda *_: hashes)
        with attempt(sealed, RUN, "tune", config={"stage": {}}, digests={}):
            pass
        told = found(sealed, check_code).findings
        assert f"{SOURCE}: the recorded source is not that of the commit" in told
        hashes[SOURCE] = subprocess.run(
            ["sha256sum", SOURCE], cwd=sealed, capture_output=True, text=True, check=True
        ).stdout.split()[0]
        with attempt(sealed, RUN, "tune", config={"stage": {}}, digests={}):
            pass
    before = {path: path.stat().st_mtime_ns for path in sorted((sealed / ".git").rglob("*"))}
    answer = found(sealed, check_code)
    assert not [item for item in answer.findings if "source" in item]
    assert "1 source files" in answer.told
    assert before == {
        path: path.stat().st_mtime_ns for path in sorted((sealed / ".git").rglob("*"))
    }
    (patch_file,) = (sealed / "results" / RUN / "audit").glob("diff-*.patch")
    os.truncate(patch_file, 10)
    assert f"audit/{patch_file.name} is missing or changed" in found(sealed, check_code).findings


def test_code_outside_of_git_is_skipped_loudly(sealed: Path) -> None:
    assert "SKIPPED" in found(sealed, check_code).told
    json.dumps(found(sealed, check_code).findings)


def test_file_seen_in_two_commits_counts_once(sealed: Path) -> None:
    hashes = dict[str, str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("startsimple.audit.facts.source_files", lambda *_: hashes)
        for stage in ("gap", "tune"):
            hashes[SOURCE] = hashlib.sha256((sealed / SOURCE).read_bytes()).hexdigest()
            with attempt(sealed, RUN, stage, config={"stage": {}}, digests={}):
                pass
            (sealed / SOURCE).write_text((sealed / SOURCE).read_text() + "\nEXTRA = 1\n")
    told = found(sealed, check_code).told
    assert " 1 source files are those recorded" in told
    assert "-" not in told


def test_two_questions_under_one_id_are_each_held_against_its_own_record(sealed: Path) -> None:
    record = sealed / "results" / RUN / "audit/benchmark/attempt-1.json"
    content = read_json(record)
    gate = content["gates"][0]
    second = {**gate, "value": 0.5, "op": "<=", "threshold": 1, "status": "pass"}
    write_json(record, {**content, "gates": [gate, second, *content["gates"][1:]]})
    path = sealed / "results" / RUN / "benchmark/verdict.json"
    verdict = read_json(path)
    check = verdict["checks"][0]
    again = {**check, "value": 0.5, "op": "<=", "threshold": 1, "status": "pass"}
    write_json(path, {**verdict, "checks": [check, again, *verdict["checks"][1:]]})
    assert found(sealed, check_gates).findings == []
    edited = {**again, "value": 0.4}
    write_json(path, {**verdict, "checks": [check, edited, *verdict["checks"][1:]]})
    assert len(found(sealed, check_gates).findings) == 1

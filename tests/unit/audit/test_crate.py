import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.made_trail import RUN

from startsimple.audit.crate import CRATE, write_crate
from startsimple.audit.crate_check import PYTHON, check_crate
from startsimple.audit.verifier import Answer, Trail, answered

VALIDATOR = bool(os.environ.get(PYTHON) or importlib.util.find_spec("rocrate_validator"))


def crate(root: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((root / "results" / RUN / CRATE).read_bytes())["@graph"]
    return {entity["@id"]: entity for entity in graph}


def found(root: Path) -> Answer:
    return answered(9, "crate", check_crate, Trail(root / "results" / RUN))


def edit(root: Path, change: Callable[[dict[str, dict[str, Any]]], object]) -> list[str]:
    """Change the crate; return what is found besides what the validator says."""
    path = root / "results" / RUN / CRATE
    content = json.loads(path.read_bytes())
    change({entity["@id"]: entity for entity in content["@graph"]})
    path.write_text(json.dumps(content))
    return [item for item in found(root).findings if "alidator" not in item]


def test_every_attempt_is_an_action_failed_ones_included(sealed: Path) -> None:
    entities = crate(sealed)
    failed = entities["#attempt-gap-1"]
    assert failed["actionStatus"] == {"@id": "http://schema.org/FailedActionStatus"}
    assert "MemoryError" in failed["error"]
    assert entities["#attempt-gap-2"]["actionStatus"]["@id"].endswith("CompletedActionStatus")
    assert {"@id": "gap/verdict.json"} in entities["#attempt-gap-2"]["result"]
    assert {"@id": "benchmark/verdict.json"} in entities["#attempt-gap-2"]["object"]
    assert len([id for id in entities if id.startswith("#attempt-")]) == 8
    assert len([e for e in entities.values() if e["@type"] == "ControlAction"]) == 8


def test_equal_records_give_equal_bytes(sealed: Path) -> None:
    path = sealed / "results" / RUN / CRATE
    before = path.read_bytes()
    path.unlink()
    assert write_crate(sealed, RUN) == path
    assert path.read_bytes() == before


def test_run_without_records_has_no_crate(tmp_path: Path) -> None:
    assert write_crate(tmp_path, RUN) is None


def test_references_digests_times_and_attempts_are_checked(sealed: Path) -> None:
    assert edit(sealed, lambda e: None) == []
    assert "refers to nowhere.json" in edit(
        sealed, lambda e: e["#run"]["result"].append({"@id": "nowhere.json"})
    )[0]  # fmt: skip
    told = edit(sealed, lambda e: e["gap/verdict.json"].update(sha256="0" * 64))
    assert f"{CRATE}: gap/verdict.json has another SHA-256 than it says" in told
    told = edit(sealed, lambda e: e["#run"].update(startTime="yesterday"))
    assert f"{CRATE}: startTime of #run is no ISO time" in told
    told = edit(sealed, lambda e: e["#attempt-gap-1"].update({"@id": "#attempt-gap-9"}))
    assert f"{CRATE}: attempt gap-1 has no action" in told


def test_missing_validator_fails_the_check_that_was_asked_for(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PYTHON, raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (told,) = found(sealed).findings
    assert "pip install rocrate==0.15.1 'roc-validator==0.13.*'" in told


@pytest.mark.skipif(not VALIDATOR, reason=f"roc-validator is not installed; {PYTHON} may name it")
def test_validator_accepts_the_crate_and_rejects_a_broken_one(sealed: Path) -> None:
    answer = found(sealed)
    assert answer.findings == []
    assert "at REQUIRED, none skipped" in answer.told
    path = sealed / "results" / RUN / CRATE
    content = json.loads(path.read_bytes())
    for entity in content["@graph"]:
        if entity["@id"] == "#attempt-gap-2":
            del entity["instrument"]
    path.write_text(json.dumps(content))
    assert any("instrument" in item for item in found(sealed).findings)

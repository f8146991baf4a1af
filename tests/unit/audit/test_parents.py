import json
from pathlib import Path

import pytest
from tests.made_trail import RUN, climb_stage

from startsimple.audit import ledger
from startsimple.audit.parents import held_against, refuse_changed
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError


def last(root: Path, stage: str) -> dict[str, object]:
    paths = (root / "results" / RUN / "audit" / stage).glob("attempt-*.json")
    return read_json(max(paths, key=lambda path: path.stat().st_mtime_ns))


def test_untouched_parents_are_accepted(sealed: Path) -> None:
    refuse_changed(sealed, RUN, "tune", {})


@pytest.mark.parametrize(
    "name", ["gap/verdict.json", "gap/curves.json", f"units/{5:024d}/tensors.safetensors"]
)
def test_changed_input_is_refused_and_the_attempt_recorded(sealed: Path, name: str) -> None:
    path = sealed / "results" / RUN / name
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    with pytest.raises(UserError, match=f"{name} is not what stage 'gap' wrote"):
        climb_stage(sealed, "tune", {})
    record = last(sealed, "tune")
    assert record["status"] == "failed"
    assert "is not what stage 'gap' wrote" in str(record["error"])


def test_changed_record_is_refused(sealed: Path) -> None:
    path = sealed / "results" / RUN / "audit/gap/attempt-2.json"
    record = json.loads(path.read_bytes())
    record["outputs"] = []
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="is not the record that the ledger holds"):
        refuse_changed(sealed, RUN, "tune", {})


def test_own_results_and_missing_files_are_left_to_the_stage(sealed: Path) -> None:
    run = sealed / "results" / RUN
    (run / "tune/verdict.json").write_text("{}")
    (run / "gap/curves.json").unlink()
    refuse_changed(sealed, RUN, "tune", {})


PROMISES: list[tuple[str | None, str, str | None]] = [
    ("bias", "gap", "base"),
    ("instability", "gap", "base"),
    ("instability", "tune", "base"),
    ("bias", "tune", None),
    (None, "gap", "base"),
    ("instability", "benchmark", None),
]


@pytest.mark.parametrize(("component", "stage", "held"), PROMISES)
def test_the_gap_and_a_promise_of_steadiness_are_held_against_the_parent(
    component: str | None, stage: str, held: str | None
) -> None:
    config = {"parent": "base", "predicted": {"component": component}}
    assert held_against(config, stage) == held
    assert held_against({}, stage) is None


def start_round(root: Path, stage: str = "gap", component: str = "bias") -> None:
    config = {"parent": RUN, "predicted": {"component": component}}
    refuse_changed(root, "demo_r1", stage, config)


def spoil(root: Path, name: str) -> None:
    path = root / "results" / RUN / name
    path.write_bytes(path.read_bytes().replace(b"{", b"{ ", 1))


@pytest.mark.parametrize("name", ["gap/verdict.json", "gap/curves.json"])
def test_a_round_refuses_what_its_parent_did_not_write(sealed: Path, name: str) -> None:
    start_round(sealed)
    spoil(sealed, name)
    with pytest.raises(UserError, match=f"results/demo/{name} is not what stage 'gap' wrote"):
        start_round(sealed)
    start_round(sealed, "tune", "instability")


def test_a_round_refuses_a_changed_record_of_its_parent(sealed: Path) -> None:
    spoil(sealed, "audit/gap/attempt-2.json")
    with pytest.raises(UserError, match="is not the record that the ledger holds"):
        start_round(sealed)


def test_a_round_refuses_a_config_that_its_parent_did_not_run_with(sealed: Path) -> None:
    path = sealed / "results" / RUN / "config.json"
    path.write_bytes(path.read_bytes().replace(b'"seed": 0', b'"seed": 1'))
    with pytest.raises(UserError, match=r"demo/config\.json is not the config that stage 'gap'"):
        start_round(sealed)


def test_a_parent_without_lines_in_the_ledger_is_left_to_the_stage(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(sealed, "gap/verdict.json")
    monkeypatch.setattr(ledger, "events", lambda *_: [])
    start_round(sealed)

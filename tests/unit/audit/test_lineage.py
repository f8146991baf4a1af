"""What a round read of its parent's run is held against what that run recorded."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.made_trail import CONFIG, RUN, climb_stage

from startsimple.audit.attempt import attempt
from startsimple.audit.lineage import check_lineage
from startsimple.audit.outside import check_outside
from startsimple.audit.seal import seal
from startsimple.audit.verifier import Answer, Trail, answered, check_records
from startsimple.schema.canonical import write_json
from startsimple.schema.verdict import Verdict, judge

ROUND = "demo_r1"
READ = ("config.json", "gap/verdict.json", "gap/curves.json")


def climb_round(root: Path, *, parent: str = RUN, read: Sequence[str] = READ) -> None:
    """Record a round's gap stage that reads files of the run `demo`."""
    config = {"dataset": CONFIG["dataset"], "parent": parent, "predicted": {"component": "bias"}}
    with attempt(root, ROUND, "gap", config=config, digests={}) as facts:
        for name in read:
            (root / "results" / RUN / name).read_bytes()
        check = judge("I-02", "changes", 1, "==", 1, source="contract", evidence="1 change.")
        verdict = Verdict(ROUND, "gap", check.status, [check], "Go on.")
        verdict.write(facts.folder / "verdict.json")
        facts.conclude(verdict)


def unguarded_round(root: Path, **ways: Sequence[str]) -> None:
    """Record such a round by a runner that does not refuse what was changed before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("startsimple.audit.attempt.refuse_changed", lambda *_: None)
        climb_round(root, **ways)


def spoil(root: Path, name: str) -> None:
    path = root / "results" / RUN / name
    path.write_bytes(path.read_bytes() + b" ")


def found(root: Path) -> tuple[str, list[str]]:
    findings: list[str] = []
    return check_lineage(Trail(root / "results" / ROUND), findings), findings


def records(root: Path) -> Answer:
    return answered(5, "records", check_records, Trail(root / "results" / ROUND))


def test_an_honest_round_holds(sealed: Path) -> None:
    climb_round(sealed)
    assert records(sealed).findings == []
    assert "or is one of 3 of its parent's run (see 8)" in records(sealed).told
    assert found(sealed) == ("3 files of 'demo' were read as recorded", [])


def test_a_run_without_a_parent_has_nothing_to_tell(sealed: Path) -> None:
    findings: list[str] = []
    assert check_lineage(Trail(sealed / "results" / RUN), findings) == ""
    assert findings == [] and "parent" not in records(sealed).told


@pytest.mark.parametrize("name", READ)
def test_a_parent_s_file_that_was_changed_since_is_named(sealed: Path, name: str) -> None:
    climb_round(sealed)
    spoil(sealed, name)
    told = f"results/demo/{name} was changed since audit/gap/attempt-1.json read it"
    assert found(sealed)[1] == [told]
    outside = answered(8, "outside", check_outside, Trail(sealed / "results" / ROUND))
    assert outside.findings == [told]


@pytest.mark.parametrize("name", READ)
def test_a_parent_s_file_that_was_changed_before_is_named(sealed: Path, name: str) -> None:
    path = sealed / "results" / RUN / name
    kept = path.read_bytes()
    spoil(sealed, name)
    unguarded_round(sealed)
    told = f"audit/gap/attempt-1.json read results/demo/{name}, which is not what was recorded"
    assert found(sealed)[1] == [told]
    path.write_bytes(kept)
    assert told in found(sealed)[1]


def test_a_file_added_behind_the_parent_s_seal_is_named(sealed: Path) -> None:
    (sealed / "results" / RUN / "gap/errors.safetensors").write_bytes(b"invented")
    unguarded_round(sealed, read=("gap/errors.safetensors",))
    (told,) = found(sealed)[1]
    assert "read results/demo/gap/errors.safetensors, which is not what was recorded" in told


def test_files_of_a_run_that_is_not_the_parent_are_no_inputs(sealed: Path) -> None:
    climb_round(sealed, parent="other")
    assert len(records(sealed).findings) == 3
    assert "read results/demo/config.json, which no stage wrote like that" in str(records(sealed))


def test_a_parent_that_is_gone_is_said_and_its_verdict_still_held_to_the_ledger(
    sealed: Path,
) -> None:
    climb_round(sealed)
    shutil.rmtree(sealed / "results" / RUN)
    told, findings = found(sealed)
    assert findings == []
    assert told == (
        "SKIPPED 2 of 3 files of 'demo', which is not beside this run: config.json, gap/curves.json"
    )


def test_a_verdict_that_was_changed_before_its_run_went_is_found(sealed: Path) -> None:
    spoil(sealed, "gap/verdict.json")
    unguarded_round(sealed)
    shutil.rmtree(sealed / "results" / RUN)
    (told,) = found(sealed)[1]
    assert "read results/demo/gap/verdict.json, which is not what was recorded" in told


def test_a_parent_that_was_climbed_again_is_no_tampering(sealed: Path) -> None:
    climb_round(sealed)
    climb_stage(sealed, "gap", {"route": "another"})
    assert found(sealed)[1] == []
    seal(sealed, RUN)
    assert found(sealed) == (
        "3 files of 'demo' were read as recorded, before it was climbed again",
        [],
    )


def test_what_another_climb_of_the_parent_replaced_is_skipped_loudly(sealed: Path) -> None:
    climb_round(sealed)
    write_json(sealed / "results" / RUN / "config.json", {"config": {"seed": 1}, "overrides": []})
    climb_stage(sealed, "data", {})
    skipped = "SKIPPED 1 of 3 files of 'demo', of which nothing sealed is left: config.json"
    assert found(sealed) == (skipped, [])
    seal(sealed, RUN)
    assert found(sealed) == (skipped, [])


def test_a_parent_s_manifest_that_is_not_the_sealed_one_is_named(sealed: Path) -> None:
    climb_round(sealed)
    spoil(sealed, "audit/MANIFEST.json")
    told, findings = found(sealed)
    assert findings == ["results/demo/audit/MANIFEST.json is not the one sealed last"]
    assert told.startswith("SKIPPED 1 of 3") and told.endswith("config.json")

import json
import subprocess
from pathlib import Path

import pytest
from tests.made_trail import RUN, SIGNERS, climb_stage

from startsimple.audit import ledger
from startsimple.audit.attempt import attempt
from startsimple.audit.seal import seal
from startsimple.audit.verifier import SIGNED, Trail
from startsimple.cli.verify import light_checks
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError


def test_sealing_again_adds_nothing(sealed: Path) -> None:
    run = sealed / "results" / RUN
    before = {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))}
    lines = ledger.events(sealed)
    again = seal(sealed, RUN)
    assert ledger.events(sealed) == lines
    assert before == {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))}
    assert (again.count, again.hash) == (lines[-1]["seq"], lines[-1]["hash"])


def test_new_attempt_takes_a_new_seal_and_drops_the_old_signature(sealed: Path) -> None:
    run = sealed / "results" / RUN
    climb_stage(sealed, "tune", {})
    assert any(answer.findings for answer in light_checks(Trail(run)))
    fresh = seal(sealed, RUN)
    assert ledger.events(sealed)[-1]["event"] == "seal"
    assert not [name for name in SIGNED if (run / f"{name}.sig").exists()]
    assert read_json(run / "audit/HEAD.json") == {"count": fresh.count, "hash": fresh.hash}
    held = [a.findings for a in light_checks(Trail(run)) if a.number in (2, 3, 4, 5)]
    assert held == [[], [], [], []]


def test_by_hand_commands_of_the_report_hold(sealed: Path) -> None:
    run = sealed / "results" / RUN
    check = ["sha256sum", "--check", "--strict", "--quiet", "audit/MANIFEST.sha256"]
    assert subprocess.run(check, cwd=run, check=False).returncode == 0
    for name in SIGNED:
        verify = ["ssh-keygen", "-Y", "verify", "-f", str(sealed / SIGNERS), "-I"]
        verify += ["lab@example.org", "-n", "startsimple-audit", "-s", f"{name}.sig"]
        content = (run / name).read_bytes()
        assert subprocess.run(verify, cwd=run, input=content, check=False).returncode == 0
    (run / "gap/verdict.json").write_text("{}")
    assert subprocess.run(check, cwd=run, check=False, capture_output=True).returncode == 1


def test_changed_result_is_not_sealed(sealed: Path) -> None:
    (sealed / "results" / RUN / "gap/verdict.json").write_text("{}")
    with pytest.raises(UserError, match=r"gap/verdict\.json is not what its stage wrote"):
        seal(sealed, RUN)


def test_run_under_way_missing_run_and_missing_key_are_sentences(sealed: Path) -> None:
    with (
        attempt(sealed, RUN, "tune", config={}, digests={}),
        pytest.raises(UserError, match="tune of run 'demo' is under way"),
    ):
        seal(sealed, RUN)
    with pytest.raises(UserError, match="There is no run 'other'"):
        seal(sealed, "other")
    with pytest.raises(UserError, match="ssh-keygen -t ed25519"):
        seal(sealed, RUN, sealed / "nokey")


def test_manifest_holds_sha256_size_and_root_of_every_file(sealed: Path) -> None:
    run = sealed / "results" / RUN
    manifest = json.loads((run / "audit/MANIFEST.json").read_bytes())
    assert manifest["run"] == RUN
    assert len(manifest["root"]) == 64
    verdict = run / "gap/verdict.json"
    assert manifest["files"]["gap/verdict.json"]["size"] == verdict.stat().st_size
    assert "audit/gap/attempt-1.json" in manifest["files"]
    assert "ro-crate-metadata.json" in manifest["files"]

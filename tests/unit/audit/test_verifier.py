import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.made_trail import RUN, SIGNERS, climb_stage

from startsimple.audit import ledger, verifier
from startsimple.audit.verifier import Trail, merkle_root, run_checks, run_files
from startsimple.schema import canonical as schema

CORE = Path(verifier.__file__)
FILES = st.dictionaries(
    st.text("abc/", min_size=1, max_size=4),
    st.fixed_dictionaries(
        {"sha256": st.integers(0, 9).map(lambda n: f"{n:064x}"), "size": st.integers(0, 3)}
    ),
    min_size=1,
    max_size=9,
)


def findings(root: Path, number: int, head: str | None = None, **ways: Path) -> list[str]:
    trail = Trail(root / "results" / RUN, ways.get("ledger"))
    return run_checks(trail, ways.get("signers"), head)[number - 1].findings


def alone(run: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the core as a file of its own: no packages, no environment of ours."""
    command = [sys.executable, "-I", "-S", str(CORE), str(run), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_core_is_one_short_file_that_needs_the_standard_library_only(sealed: Path) -> None:
    source = CORE.read_text()
    assert len(source.splitlines()) <= 300
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    copied = shutil.copy(CORE, sealed / "core.py")
    command = [sys.executable, "-I", "-S", copied, f"results/{RUN}", "--signers", SIGNERS]
    done = subprocess.run(command, cwd=sealed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == 5
    assert "SKIPPED  6 to 10" in done.stdout


def test_unsigned_or_untrusted_is_skipped_loudly_and_not_passed(sealed: Path) -> None:
    trail = Trail(sealed / "results" / RUN)
    (answer, *_) = run_checks(trail, None, None)
    assert (answer.status, answer.findings) == ("SKIPPED", [])
    assert "--signers" in answer.told


def test_another_key_or_purpose_is_no_signature(sealed: Path, tmp_path: Path) -> None:
    assert not findings(sealed, 1, signers=sealed / SIGNERS)
    key = tmp_path / "other"
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(made, check=True)
    other = tmp_path / "signers"
    other.write_text(f"lab@example.org {key.with_suffix('.pub').read_text()}")
    assert len(findings(sealed, 1, signers=other)) == 2
    manifest = sealed / "results" / RUN / "audit/MANIFEST.json"
    manifest.with_suffix(".json.sig").unlink()
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", "something-else", str(manifest)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = [f for f in findings(sealed, 1, signers=other) if "MANIFEST" in f]
    assert "no signature" in found


def test_renamed_run_and_ledger_elsewhere_hold(sealed: Path, tmp_path: Path) -> None:
    moved = (sealed / "results" / RUN).rename(tmp_path / "anything")
    answers = run_checks(Trail(moved, sealed / "results/ledger.jsonl"), sealed / SIGNERS, None)
    assert [answer.status for answer in answers] == ["ok"] * 5
    (found,) = run_checks(Trail(moved), None, None)[3].findings
    assert "--ledger" in found


def test_head_from_elsewhere_has_to_be_in_the_chain(sealed: Path) -> None:
    head = json.loads((sealed / "results/HEAD.json").read_bytes())["hash"]
    assert not findings(sealed, 4, head=head)
    assert findings(sealed, 4, head="f" * 64) == [
        f"the chain does not hold the head that you gave, {'f' * 64}"
    ]


def test_changed_line_with_a_new_hash_of_its_own_breaks_the_chain(sealed: Path) -> None:
    path = sealed / "results/ledger.jsonl"
    lines = path.read_text().splitlines()
    entry = json.loads(lines[4]) | {"time": "2020-01-01T00:00:00+00:00"}
    lines[4] = verifier.canonical(entry | {"hash": verifier.entry_hash(entry)})
    path.write_text("".join(f"{line}\n" for line in lines))
    assert findings(sealed, 4) == ["ledger.jsonl line 6 does not follow the line before it"]


def test_later_lines_of_other_runs_leave_the_seal_standing(sealed: Path) -> None:
    ledger.append(sealed, {"event": "start", "run": "other", "stage": "data", "attempt": 1})
    assert not [f for n in (1, 4) for f in findings(sealed, n, signers=sealed / SIGNERS)]


def test_link_in_place_of_a_file_is_found(sealed: Path) -> None:
    path = sealed / "results" / RUN / "gap/verdict.json"
    kept = path.rename(sealed / "elsewhere.json")
    path.symlink_to(kept)
    (found,) = findings(sealed, 2)
    assert found.startswith("gap/verdict.json has other bytes")


def test_swapped_files_are_named_with_each_other(sealed: Path) -> None:
    run = sealed / "results" / RUN
    first, second = run / "gap/verdict.json", run / "tune/verdict.json"
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert findings(sealed, 2) == [
        "gap/verdict.json has other bytes than were sealed (they are those of tune/verdict.json)",
        "tune/verdict.json has other bytes than were sealed (they are those of gap/verdict.json)",
    ]


def test_input_that_no_stage_wrote_is_named(sealed: Path) -> None:
    verdict = sealed / "results" / RUN / "benchmark/verdict.json"
    verdict.write_bytes(verdict.read_bytes() + b" ")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("startsimple.audit.attempt.refuse_changed", lambda *_: None)
        climb_stage(sealed, "gap", {})
    found = findings(sealed, 5)
    assert f"audit/gap/attempt-3.json read results/{RUN}/benchmark/verdict.json" in found[0]
    assert "benchmark/verdict.json is not what its stage wrote" in found


def test_unrecorded_and_lost_attempts_are_named(sealed: Path) -> None:
    audit = sealed / "results" / RUN / "audit/gap"
    record = json.loads((audit / "attempt-1.json").read_bytes())
    assert record["status"] == "failed"
    (audit / "attempt-1.json").unlink()
    assert findings(sealed, 5) == ["audit/gap/attempt-1.json is not the one recorded"]
    (audit / "attempt-1.json").write_text(json.dumps(record))
    assert "audit/gap/attempt-1.json is not in the ledger, or lacks fields" in findings(sealed, 5)


@given(FILES, st.data())
def test_root_depends_on_every_file_and_not_on_their_order(
    files: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    root = merkle_root(files)
    assert root == merkle_root(dict(reversed(files.items())))
    name = data.draw(st.sampled_from(sorted(files)))
    part = files[name]
    assert root != merkle_root({**files, name: {**part, "size": part["size"] + 1}})
    assert root != merkle_root({**files, name: {**part, "sha256": "f" * 64}})
    assert root != merkle_root({**files, "new": part})
    assert root != merkle_root({k: v for k, v in files.items() if k != name})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(JSON)
def test_core_writes_json_as_the_package_does(value: Any) -> None:
    assert verifier.canonical(value) == schema.canonical(value)
    assert verifier.canonical(value, 1) == schema.canonical(value, indent=1)


def test_unlisted_files_are_the_seal_s_own(sealed: Path) -> None:
    run = sealed / "results" / RUN
    every = {p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()}
    assert every - set(run_files(run)) == verifier.UNLISTED


def test_damaged_evidence_fails_and_does_not_crash(sealed: Path) -> None:
    run = sealed / "results" / RUN
    for name in ("audit/MANIFEST.json", "data/verdict.json", "audit/tune/attempt-1.json"):
        (run / name).write_bytes(b'{"files": 3')
    (sealed / "results/ledger.jsonl").write_bytes(b"\xff\n[]\n")
    done = alone(run)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stdout.count("FAILED") >= 4

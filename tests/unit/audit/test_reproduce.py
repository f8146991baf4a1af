import json
from pathlib import Path
from typing import Any

import pytest
from tests.made_trail import RUN, climb_stage

from startsimple.audit import elsewhere, reproduce
from startsimple.audit.compare import Difference
from startsimple.audit.verifier import Trail, file_sha256
from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError


def record(**changes: Any) -> dict[str, Any]:
    numerics = {"python": "3.11", "environment": {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}}
    host = {"machine": "x86_64", "cpu": "A", "cpu_flags": ["avx2"], "name": "here"}
    return {
        "numerics": numerics | changes.get("numerics", {}),
        "host": host | changes.get("host", {}),
    }


def test_hash_seed_and_host_name_are_varied_and_threads_are_not() -> None:
    again = record(numerics={"environment": {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "9"}})
    again["host"]["name"] = "elsewhere"
    assert reproduce._changes(record(), again) == ([], [])
    again["numerics"]["environment"]["OMP_NUM_THREADS"] = "2"
    assert reproduce._changes(record(), again) == (["environment"], [])
    assert reproduce._changes(record(), record(host={"cpu": "B"})) == ([], ["cpu"])
    assert reproduce._changes(record(), record(numerics={"python": "3.12"})) == (["python"], [])


def verdict(scores: list[float], status: str = "pass") -> dict[str, Any]:
    return {"checks": [{"id": "B-01", "status": status}], "numbers": {"scores": scores}}


SCORES = [0.91, 0.92, 0.93]


@pytest.mark.parametrize(
    ("again", "near"),
    [
        (verdict([0.92, 0.92, 0.93]), True),
        (verdict([0.97, 0.97, 0.97]), False),
        (verdict(SCORES, "warn"), False),
        (verdict([0.92, 0.93]), False),
    ],
)
def test_tolerance_is_the_spread_of_three_seeds(again: dict[str, Any], near: bool) -> None:
    assert reproduce._within_spread(verdict(SCORES), again) is near
    assert not reproduce._within_spread(verdict(SCORES[:2]), verdict(SCORES[:2]))


def test_worst_stage_decides_and_the_lowest_difference_comes_first() -> None:
    rerun = reproduce.Rerun({"data": "T1", "gap": "T3", "tune": "T2"})
    rerun.differences = {"data": [], "gap": [Difference("gap", "a", "b")], "tune": []}
    assert (rerun.tier, rerun.first) == ("T3", Difference("gap", "a", "b"))
    assert reproduce.Rerun().tier == "none"


def test_environment_elsewhere_differs_in_all_that_must_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "4711")
    monkeypatch.setenv("PYTHONPATH", "/users/own")
    told = elsewhere.changed_environment(tmp_path)
    assert told["PYTHONHASHSEED"] == "1174"
    assert told["TZ"] != ""
    assert told["PYTHONPATH"] == f"{tmp_path}/workflow:/users/own"


def test_code_is_that_of_the_commit_and_its_diff(sealed: Path, tmp_path: Path) -> None:
    (sealed / "Snakefile").write_text("# changed\n")
    (sealed / "new.py").write_text("NEW = 1\n")
    climb_stage(sealed, "tune", {})
    (sealed / "Snakefile").write_text("# changed again\n")
    (target := tmp_path / "fresh").mkdir()
    run = sealed / "results" / RUN
    last = read_json(run / "audit/tune/attempt-2.json")
    told = elsewhere.check_out(sealed, run, last, target)
    assert told == f"commit {last['code']['git']['commit'][:12]} with its stored diff"
    assert (target / "Snakefile").read_text() == "# changed\n"
    assert (target / "new.py").read_text() == "NEW = 1\n"
    assert not (target / "results").exists()


def test_a_round_gets_what_it_read_of_its_parent_and_lacks_are_noted(
    sealed: Path, tmp_path: Path
) -> None:
    files = ("config.json", "gap/verdict.json", "gap/errors.safetensors")
    run = sealed / "results" / RUN
    (run / "gap/errors.safetensors").write_bytes(b"changed since")
    read = [{"path": f"results/{RUN}/{n}", "sha256": file_sha256(run / n)} for n in files[:2]]
    read.append({"path": f"results/{RUN}/{files[2]}", "sha256": "0" * 64})
    own = {"path": "results/demo_r1/gap/verdict.json", "sha256": "1" * 64}
    record = {"run": "demo_r1", "stage": "gap", "inputs": [*read, own]}
    told = reproduce._lend(Trail(run), tmp_path / "fresh", record)
    assert told == [f"gap read results/{RUN}/{files[2]}, which is not here like that"]
    lent = tmp_path / "fresh/results"
    assert sorted(path.relative_to(lent / RUN).as_posix() for path in lent.rglob("*.*")) == [
        *files[:2]
    ]


def test_lost_commit_and_unknown_stage_are_sentences(sealed: Path, tmp_path: Path) -> None:
    run = sealed / "results" / RUN
    last = json.loads((run / "audit/tune/attempt-1.json").read_bytes())
    last["code"]["git"]["commit"] = "0" * 40
    with pytest.raises(UserError, match="is not in this repository"):
        elsewhere.check_out(sealed, run, last, tmp_path)
    trail = Trail(run)
    trail.records = []
    with pytest.raises(UserError, match="has no finished attempt at gap"):
        reproduce.reproduce(trail, "gap")

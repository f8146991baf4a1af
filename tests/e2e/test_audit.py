"""The trail of a real climb: sealed at its end, verified by a stranger, run again elsewhere."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from startsimple.audit.verifier import Trail
from startsimple.cli.verify import light_checks
from startsimple.schema.verdict import read_verdict

from .conftest import Project

RUN = "digits_mlp~tiny"


def command(project: Project, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "startsimple.cli.main", *words],
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_climb_ends_sealed_and_verifies(climbed_once: tuple[Project, str]) -> None:
    project, printed = climbed_once
    head = json.loads((project.root / "results/HEAD.json").read_bytes())
    assert f"head     {head['hash']}" in printed
    done = command(project, "verify", RUN, "--head", head["hash"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "source files are those recorded\n" in done.stdout
    verdicts = sorted((project.root / "results" / RUN).glob("*/verdict.json"))
    answers = sum(len(read_verdict(path).checks) for path in verdicts)
    assert len(verdicts) == 7 and f"{answers} answers" in done.stdout


def test_every_finished_record_answers_the_questions(climbed_once: tuple[Project, str]) -> None:
    run = climbed_once[0].root / "results" / RUN
    for stage, record in Trail(run).newest().items():
        assert record["code"]["git"]["commit"], stage
        assert all(len(sha) == 64 for sha in record["code"]["files"].values())
        assert record["gates"], stage
        for gate in record["gates"]:
            assert gate["set"]["where"] in ("code", "conf", "command line") or gate["set"]["commit"]
        assert record["env"]["lock_sha256"]
        assert record["numerics"]["environment"]["OMP_NUM_THREADS"] == "1"
        if "numerics" in record["config"]["resolved"]:
            assert record["numerics"]["torch"]["deterministic"]
        assert record["pointer"]["dvc_md5"].endswith(".dir")
        assert {item["path"] for item in record["inputs"]} >= {"data/digits/train.safetensors"}
    weights = [
        item
        for item in record["outputs"]
        if item["path"].endswith("tensors.safetensors") and "/units/" in item["path"]
    ]
    assert weights
    assert all(len(item["content_digest"]) == 64 for item in weights)


def test_stage_refuses_a_verdict_that_was_edited_and_the_refusal_is_recorded(
    climbed: Project,
) -> None:
    path = climbed.root / "results" / RUN / "gap/verdict.json"
    path.write_bytes(path.read_bytes().replace(b'"overfitting"', b'"underfitting"'))
    done = climbed.climb()
    assert done.returncode == 1
    assert "gap/verdict.json is not what stage 'gap' wrote" in done.stdout + done.stderr
    assert "not sealed: " in done.stdout + done.stderr
    records = Trail(climbed.root / "results" / RUN).records
    assert [record["status"] for _, record, _ in records if record["stage"] == "tune"] == [
        "finished",
        "failed",
    ]


def test_blocked_climb_is_sealed_too(climbed: Project) -> None:
    done = climbed.climb(
        overrides=("loss.double_softmax=true", "stage.overfit_batch.steps=1200"), label="double"
    )
    assert done.returncode == 1
    answers = light_checks(Trail(climbed.root / "results/digits_mlp~double"))
    assert [finding for answer in answers for finding in answer.findings] == []


def test_one_stage_runs_again_to_the_same_bits(climbed_once: tuple[Project, str]) -> None:
    done = command(climbed_once[0], "verify", RUN, "--rerun", "simplify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      10 rerun      simplify reaches T1" in done.stdout


@pytest.mark.long
def test_whole_run_is_reproduced_and_a_planted_bit_is_found(climbed: Project) -> None:
    # The climb trained in two worker processes; their number must not matter.
    done = command(climbed, "reproduce", RUN, "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("T1\n") == 7
    assert f"{RUN}: T1, equal bits" in done.stdout
    (climbed.root / "plant.py").write_text(PLANT)
    planted = subprocess.run(
        [sys.executable, "plant.py", RUN],
        cwd=climbed.root,
        env=climbed.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    unit = planted.stdout.split()[-1]
    done = command(climbed, "reproduce", RUN, "gap")
    assert done.returncode == 1
    named = f"differs  gap, units/{unit}/tensors.safetensors, step 137, tensor head.weight: "
    assert named in done.stdout


# Trains one recorded unit of the stage `gap` anew, and flips one bit of one weight after step 137.
PLANT = """
import sys
from pathlib import Path
from startsimple.schema.numerics import set_environment
set_environment(1)
from startsimple.data.prepared import load_prepared
from startsimple.schema.canonical import read_json
from startsimple.schema.load import load_slice
from startsimple.stages import gap
from startsimple.stages.stage import Inputs
from startsimple.training import bits
from startsimple.training.runs import unit_of
from startsimple.training.units import Store
run = sys.argv[1]
plan = read_json(Path(f"results/{run}/plan.json"))["gap"]
config = load_slice(plan["config"])
inputs = Inputs(run, "gap", Path(), digests=plan["digests"])
prepared = load_prepared(Path("data") / config.dataset.name, inputs.artefact)
bench = gap.make_bench(prepared, config)
unit = unit_of("default model, seed 1", config, 1, bench, "full", inputs.context())
store = Store(Path(f"results/{run}/units"))
assert store.get(unit)
note = bits.BitTrace.note
def planted(self, step):
    if step == 136:
        self._bits[self.names.index("head.weight")].view(-1)[77] ^= 1
    note(self, step)
bits.BitTrace.note = planted
store.put(unit, bench(unit.recipe))
print(unit.key)
"""


@pytest.mark.long
def test_dirty_tree_is_reproduced_from_its_stored_diff(project: Project, tmp_path: Path) -> None:
    path = project.root / "workflow/startsimple/stages/simplify.py"
    path.write_text(path.read_text() + "\nEXTRA = 1\n")
    assert project.climb().returncode == 0
    path.write_text(path.read_text().replace("EXTRA = 1", "EXTRA = 2"))
    moved = shutil.move(project.root, tmp_path / "moved")
    done = command(Project(Path(moved)), "reproduce", RUN, "simplify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "with its stored diff" in done.stdout
    assert "note     simplify" not in done.stdout

"""The rerun contract: a change reruns exactly the stages that it can affect."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from startsimple.schema.stages import LADDER

from .conftest import TINY, Project

RUN = Path("results/digits_mlp~tiny")


def test_touched_sources_rerun_nothing(climbed: Project) -> None:
    for path in sorted(climbed.root.rglob("*.py")) + sorted(climbed.root.rglob("*.smk")):
        os.utime(path)
    for path in sorted((climbed.root / "data").rglob("*")):
        os.utime(path)
    assert climbed.stages_to_run() == set()


def _append(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        path.write_text(path.read_text() + text)

    return change


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (_append("workflow/startsimple/stages/gap.py", "\n# a remark\n"), None),
        (_append("workflow/startsimple/training/search.py", "\nEXTRA = 1\n"), "tune"),
        (_append("workflow/startsimple/stages/benchmark.py", "\nEXTRA = 1\n"), "benchmark"),
        (_append("workflow/startsimple/data/contract.py", "\nEXTRA = 1\n"), "data"),
        (_append("requirements.lock", "extra==1.0\n"), "data"),
    ],
    ids=["comment", "helper of one stage", "stage", "lowest stage", "environment"],
)
def test_code_reruns_its_stage_and_none_above(
    climbed: Project, change: Callable[[Path], None], first: str | None
) -> None:
    change(climbed.root)
    planned = climbed.stages_to_run() & set(LADDER)
    # What lies below a rerun stage is decided when its new verdict is there (early cutoff).
    assert (LADDER[0] if first is None else first) in planned or first is None
    if first is None:
        assert planned == set()
    else:
        below = set(LADDER[: LADDER.index(first)])
        assert not planned & below


def test_tuning_key_reruns_tuning_only(climbed: Project) -> None:
    changed = (*TINY, "search.keep=2")
    planned = climbed.stages_to_run(overrides=changed)
    assert planned & set(LADDER) == {"tune"}


def test_tightened_gate_trains_nothing(climbed: Project) -> None:
    units = climbed.root / RUN / "units"
    before = {path: path.stat().st_mtime_ns for path in sorted(units.rglob("*")) if path.is_file()}
    done = climbed.climb(overrides=(*TINY, "stage.overfit_batch.gap_max=0.009"))
    assert done.returncode == 0, done.stdout + done.stderr
    after = {path: path.stat().st_mtime_ns for path in sorted(units.rglob("*")) if path.is_file()}
    assert before == after


def test_second_experiment_leaves_the_first_alone(climbed: Project) -> None:
    planned = climbed.stages_to_run(label="other")
    assert "data" in planned
    assert climbed.stages_to_run() == set()


def test_data_edited_by_one_byte_blocks_and_restoring_reruns_nothing_else(
    climbed: Project,
) -> None:
    path = climbed.root / "data/digits/train.safetensors"
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    blocked = climbed.climb()
    assert blocked.returncode == 1
    assert "train.safetensors" in blocked.stdout + blocked.stderr
    assert "Traceback" not in blocked.stdout + blocked.stderr
    assert (climbed.root / RUN / "tune/verdict.json").exists()
    path.write_bytes(whole)
    restored = climbed.climb()
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "rule tune" not in restored.stdout + restored.stderr

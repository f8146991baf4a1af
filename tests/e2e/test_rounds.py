"""A round of a real climb: it reads its parent's run, and both stay what was recorded."""

import shutil
from pathlib import Path

import pytest

from startsimple.audit.verifier import Trail
from startsimple.cli.verify import light_checks

from .conftest import Project
from .test_audit import RUN, command

ROUND = "digits_mlp_r1"
READ = ("config.json", "gap/errors.safetensors", "gap/verdict.json")


@pytest.fixture(scope="module")
def rounded(climbed_once: tuple[Project, str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the climbed project in which the advised round has climbed to its gap."""
    target = tmp_path_factory.mktemp("rounded") / "project"
    project = Project(shutil.copytree(climbed_once[0].root, target, symlinks=True))
    accepted = command(project, "next", RUN, "--accept")
    assert f"{ROUND}.yaml" in accepted.stdout, accepted.stdout + accepted.stderr
    # Only gap reads the parent here: the stages above it would add nothing but time.
    done = project.climb(ROUND, f"results/{ROUND}/gap/verdict.json", overrides=(), label=None)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def findings(project: Project, run: str) -> list[str]:
    return [f for a in light_checks(Trail(project.root / "results" / run)) for f in a.findings]


def test_round_and_parent_verify_after_all_that_a_person_calls(rounded: Project) -> None:
    for words in (("history", ROUND), ("compare", RUN, ROUND), ("next", ROUND)):
        done = command(rounded, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (rounded.root / f"results/{RUN}.history.html").stat().st_size > 1000
    for run in (RUN, ROUND):
        done = command(rounded, "verify", run)
        assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(READ)} files of '{RUN}' were read as recorded" in done.stdout


@pytest.mark.parametrize("name", READ)
def test_parents_changed_file_is_named_by_the_round(rounded: Project, name: str) -> None:
    path = rounded.root / "results" / RUN / name
    kept = path.read_bytes()
    path.write_bytes(kept + b" ")
    told = findings(rounded, ROUND)
    path.write_bytes(kept)
    assert told == [f"results/{RUN}/{name} was changed since audit/gap/attempt-1.json read it"]


def test_lost_parent_is_said_and_is_no_tampering(rounded: Project, tmp_path: Path) -> None:
    moved = shutil.move(rounded.root / "results" / RUN, tmp_path / "moved")
    done = command(rounded, "verify", ROUND)
    shutil.move(moved, rounded.root / "results" / RUN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SKIPPED 2 of 3 files of '{RUN}', which is not beside this run" in done.stdout
    assert "all that was checked holds; SKIPPED: signature, outside" in done.stdout


def test_gap_of_a_round_is_reproduced_with_its_parent(rounded: Project) -> None:
    done = command(rounded, "reproduce", ROUND, "gap")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ROUND}: T1, equal bits" in done.stdout

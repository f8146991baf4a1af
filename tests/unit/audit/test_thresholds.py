import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.made_trail import REPOSITORY

from startsimple.audit.thresholds import gates
from startsimple.schema.verdict import judge

SOURCE = "workflow/startsimple/schema/stages.py"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / SOURCE).parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / SOURCE, tmp_path / SOURCE)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/x.yaml").write_text("a: 1\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)
    return done.stdout.decode().strip()


def commit(root: Path) -> str:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "change")
    return git(root, "rev-parse", "HEAD")


def origin(root: Path, id: str = "O-03", overrides: list[str] | None = None, **own: Any) -> Any:
    settings = {"gap_max": 0.01, "steps": 2000, "waive": {}, **own}
    check = judge(id, "gap", 0.001, "<=", 0.01, source="lecture")
    config = {"stage": {"overfit_batch": settings}}
    return gates(root, "overfit_batch", [check], config, overrides or [])[0]


def test_threshold_is_traced_to_the_commit_that_changed_its_line(repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    assert origin(repository)["set"] | {"time": ""} == {
        "setting": "gap_max",
        "where": SOURCE,
        "commit": first,
        "time": "",
    }
    path = repository / SOURCE
    path.write_text(path.read_text().replace("gap_max: float = 0.01", "gap_max: float = 0.01 "))
    assert origin(repository)["set"]["commit"] == "uncommitted"
    second = commit(repository)
    assert origin(repository)["set"]["commit"] == second
    assert origin(repository, "O-04", steps=2000)["set"]["commit"] == first


def test_threshold_of_the_config_or_the_command_line_is_told_apart(repository: Path) -> None:
    told = origin(repository, gap_max=0.02)["set"]
    assert (told["where"], told["commit"]) == ("conf", git(repository, "rev-parse", "HEAD"))
    told = origin(repository, overrides=["stage.overfit_batch.gap_max=0.02"], gap_max=0.02)["set"]
    assert (told["where"], told["commit"]) == ("command line", None)


def test_bound_is_told_from_the_budget_of_the_same_check(repository: Path) -> None:
    assert origin(repository, "O-09", second_p_max=0.01)["set"]["setting"] == "second_p_max"


def test_bound_that_is_no_setting_belongs_to_the_code(repository: Path) -> None:
    told = origin(repository, "O-01")["set"]
    assert (told["setting"], told["where"]) == (None, "code")
    assert told["commit"] == git(repository, "rev-parse", "HEAD")
    assert told["time"].endswith("+00:00")


def test_waiver_and_figures_are_recorded(repository: Path) -> None:
    gate = origin(repository, waive={"O-03": "known"})
    assert (gate["waiver"], gate["value"], gate["op"], gate["threshold"]) == (
        "known",
        0.001,
        "<=",
        0.01,
    )


def test_outside_of_git_no_commit_is_claimed(tmp_path: Path) -> None:
    assert origin(tmp_path)["set"]["commit"] is None

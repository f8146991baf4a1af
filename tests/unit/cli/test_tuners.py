"""The comparison of tuners: equal steps, resumable, and a table that judges by its intervals."""

import shutil

import pytest
from tests.conftest import REPOSITORY

from startsimple.cli import tuners
from startsimple.cli.tuners_table import judged, write_table
from startsimple.schema.canonical import read_json

METHODS = ("ours", "theirs")


def measured(method, scores):
    rest = {"experiment": "digits_mlp", "trials": 18, "steps": 2700, "seconds": 2.0}
    return [
        {"method": method, "seed": seed, "best": score, **rest} for seed, score in enumerate(scores)
    ]


def rows_of(path):
    lines = [line.strip("| ").split(" | ") for line in path.read_text().splitlines()]
    return [cells for cells in lines if cells[0] == "digits_mlp"]


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.001, 0.02, "better"),
        (-0.009, 0.02, "not worse"),
        (-0.011, 0.02, "open"),
        (-0.02, -0.001, "worse"),
        (-float("inf"), float("inf"), "open"),
    ],
)
def test_an_interval_decides(low, high, says):
    assert judged(low, high) == says


def test_the_table_pairs_equal_seeds_and_drops_unfinished_repetitions(tmp_path):
    ours = measured("ours", [0.9, 0.92, 0.94, 0.1])
    theirs = measured("theirs", [0.9, 0.92, 0.94])
    write_table([*reversed(ours), *theirs], METHODS, tmp_path / "table.md")
    first, second = rows_of(tmp_path / "table.md")
    assert first[2] == second[2] == "3"
    assert first[5] == "0.9200 [0.9100, 0.9300]"
    assert second[6:8] == ["+0.0000 [+0.0000, +0.0000]", "not worse"]


def test_every_method_gets_the_same_steps_and_is_measured_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "conf").symlink_to(REPOSITORY / "conf")
    (tmp_path / "data").mkdir()
    shutil.copy(REPOSITORY / "data/digits.dvc", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tuners, "STEPS", {"digits_mlp": 12})
    call = ["--repetitions", "1", "--table", "table.md"]
    assert tuners.main(call) == 0
    known = read_json(tmp_path / "results/tuners.json")
    steps = {one["method"]: one["steps"] for one in known.values()}
    budget = tuners.TRIALS * 12
    assert set(steps) == set(tuners.METHODS)
    # Hyperband may overdraw by what is left of its last trial.
    assert all(budget <= taken < budget + 12 for taken in steps.values())
    assert {taken for method, taken in steps.items() if "Hyperband" not in method} == {budget}
    assert all(0 < one["best"] <= 1 for one in known.values())
    table = (tmp_path / "table.md").read_bytes()
    capsys.readouterr()
    assert tuners.main(call) == 0
    assert "seed 0" not in capsys.readouterr().out
    assert (tmp_path / "table.md").read_bytes() == table

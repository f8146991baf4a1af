"""The history of rounds, in JSON, in the terminal and on its page."""

import json

import pytest
from tests.rounds_on_disk import errors, repository, write_run

from startsimple.cli.main import main
from startsimple.report.rounds import stacked
from startsimple.rounds.history import history
from startsimple.rounds.run import known_runs

PREDICTED = "{component: error, low: -0.12, high: -0.08, source: tuning}"
KEYS = {
    "run",
    "parent",
    "route",
    "change",
    "predicted",
    "observed",
    "val_score",
    "test_score",
}


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A first run, a round that surprised, and one that has not been climbed to its test."""
    root = repository(tmp_path)
    monkeypatch.chdir(root)
    write_run(
        root,
        "digits_mlp",
        tune={"adopted": False, "validation": {"incumbent": [0.80, 0.82]}},
        test={"accuracy": {"incumbent": [0.79, 0.77], "winner": [0.9, 0.9]}},
    )
    for number, parent in ((1, "digits_mlp"), (2, "digits_mlp_r1")):
        (root / "conf" / "experiment" / f"digits_mlp_r{number}.yaml").write_text(
            f"# @package _global_\ndefaults: [{parent}]\nparent: {parent}\n"
            f"change: change {number}\npredicted: {PREDICTED}\n"
        )
        seen = {"component": "error", "value": -0.01, "low": -0.02, "high": 0.0}
        write_run(
            root,
            f"digits_mlp_r{number}",
            val=errors(0.15, number),
            route="overfitting",
            numbers={"round": {"observed": seen, "surprise": True}} if number == 1 else {},
        )
    return root


def test_any_run_tells_the_whole_family_in_order(family):
    for name in ("digits_mlp", "digits_mlp_r1", "digits_mlp_r2"):
        assert [one.run for one in history(family, name)] == [
            "digits_mlp",
            "digits_mlp_r1",
            "digits_mlp_r2",
        ]


def test_json_has_the_promised_shape(family, capsys):
    assert main(["history", "digits_mlp_r1", "--json"]) == 0
    rounds = json.loads(capsys.readouterr().out)["rounds"]
    assert all(set(one) == KEYS for one in rounds)
    first, second, third = rounds
    assert (first["parent"], first["predicted"], first["observed"]) == (None, None, None)
    assert first["test_score"] == pytest.approx(0.78)
    assert first["val_score"] == pytest.approx(0.8, abs=0.02)
    assert second["parent"] == "digits_mlp" and second["change"] == "change 1"
    assert second["predicted"]["low"] == -0.12
    assert second["observed"]["value"] == -0.01 and second["observed"]["surprise"]
    assert second["test_score"] is None and third["observed"] is None


def test_what_a_round_did_against_instability_is_told_by_tuning(family):
    seen = {"component": "instability", "value": -0.3, "low": -0.3, "high": -0.3}
    write_run(
        family,
        "digits_mlp_r2",
        numbers={"round": {"parent": "digits_mlp_r1", "changed": ["optimisation"]}},
        tune={"round": {"parent": "digits_mlp_r1", "observed": seen, "surprise": False}},
    )
    assert history(family, "digits_mlp_r2")[2].observed == {**seen, "surprise": False}


def test_the_table_and_the_plot_show_every_component(family, capsys):
    assert main(["history", "digits_mlp"]) == 0
    told = capsys.readouterr().out
    assert "surprise" in told and "IB" in told
    page = (family / "results" / "digits_mlp.history.html").read_text()
    assert page.count('class="bar') == 3 * 3 + 1
    assert "validation_overfitting: +0.0300" in page
    assert "digits_mlp_r2" in stacked(history(family, "digits_mlp"))


def test_the_plot_lies_beside_the_runs_and_is_none(family, capsys):
    runs = known_runs(family)
    inside = {path for name in runs for path in (family / "results" / name).rglob("*")}
    for name in ("digits_mlp", "digits_mlp_r2"):
        assert main(["history", name]) == 0
        assert "plot     results/digits_mlp.history.html" in capsys.readouterr().out
    assert {path for name in runs for path in (family / "results" / name).rglob("*")} == inside
    assert known_runs(family) == runs


def test_next_lists_and_accepts_from_the_command_line(family, capsys):
    assert main(["next", "digits_mlp"]) == 0
    told = capsys.readouterr().out
    assert "accept   startsimple next digits_mlp --accept 1" in " ".join(told.split("\n"))
    assert main(["next", "digits_mlp", "--accept"]) == 0
    assert "experiment=digits_mlp_r3" in capsys.readouterr().out
    assert main(["next", "digits_mlp", "--accept", "44"]) == 1
    assert "has 6 proposals" in capsys.readouterr().err


def test_compare_tells_no_winner_inside_noise(family, capsys):
    assert main(["compare", "digits_mlp_r1", "digits_mlp_r2"]) == 0
    assert "No winner" in capsys.readouterr().out
    assert main(["compare", "digits_mlp"]) == 3

"""Tuning: a better learning rate is adopted, luck is not, and test is opened once."""

import numpy as np
import pytest
from tests.conftest import check

from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.errors import UserError
from startsimple.schema.verdict import Status

STAGE = "tune"
# An incumbent that hardly learns, so that tuning has something to find.
SLOW = ("optimizer.lr=1e-6",)


def claims(climb):
    return [event for event in climb.events if event.get("purpose") == "claim"]


def test_a_better_configuration_is_adopted_and_its_whole_error_taken_apart(climb):
    verdict = climb.run(STAGE, SLOW)
    assert not verdict.status.blocks
    ids = {item.id for item in verdict.checks}
    assert ids == {"T-05", "T-06", "T-09", "T-10", "T-11", "T-12", "T-16", "E-13", "E-14"}
    became = {rule["id"]: rule["became"] for rule in verdict.numbers["method"]}
    assert list(became) == [f"T-{number:02d}" for number in range(1, 19)]
    assert all(became[name].startswith("judged") for name in ids if name in became)
    numbers = verdict.numbers
    assert numbers["adopted"] and numbers["gain"]["low"] > 0
    assert check(verdict, "T-16").status == Status.PASS
    assert len(numbers["trials"]) >= 6
    best = numbers["best_of_k"]
    assert best == sorted(best) and best[-1] == max(t["score"] for t in numbers["trials"])
    assert "startsimple next digits_mlp --accept" in verdict.next
    claimed = numbers["claimed"]
    assert claimed["model"] == "winner"
    assert list(claimed["gaps"]) == ["bias", "variance", "validation_overfitting"]
    drop = claimed["gaps"]["validation_overfitting"]
    seen, tested = numbers["validation"]["winner"], numbers["test"]["accuracy"]["winner"]
    assert drop["value"] == pytest.approx(np.mean(seen) - np.mean(tested))
    assert drop["explained"] > 0


def test_a_configuration_that_is_no_better_is_not_adopted(climb):
    worse = ["search.space.lr.low=3e-4", "search.space.lr.high=4e-4", "optimizer.lr=3e-3"]
    verdict = climb.run(STAGE, worse)
    assert not verdict.numbers["adopted"]
    assert check(verdict, "T-16").status == Status.WARN
    assert verdict.next.startswith("Keep the incumbent")


def test_the_test_split_is_opened_once_for_the_same_models(climb):
    first = climb.run(STAGE)
    assert len(claims(climb)) == 1
    climb.lines.clear()
    again = climb.run(STAGE)
    assert again == first and len(claims(climb)) == 1
    assert all("already there" in line for line in climb.lines)
    scores = read_json(climb.folder(STAGE) / "test.json")
    assert scores["n"] == 360 and scores["openings"] == 1
    assert all(0 < value < 1 for group in scores["accuracy"].values() for value in group)


def test_a_second_opening_exceeds_the_budget(climb):
    assert check(climb.run(STAGE), "E-13").value == 1
    second = climb.run(STAGE, ["seed=1"])
    assert (check(second, "E-13").value, check(second, "E-13").status) == (2, Status.FAIL)
    assert second.status == Status.FAIL
    # Refused before the look: nothing new was scored, and the ledger has no second opening.
    assert second.numbers["test"]["accuracy"] == {} and len(claims(climb)) == 1
    assert check(second, "E-14").status == Status.SKIP
    allowed = climb.run(STAGE, ["seed=1", "stage.tune.test_openings_max=2"])
    assert check(allowed, "E-13").status == Status.PASS


def test_a_space_in_which_everything_diverges_is_infeasible(climb):
    space = ["search.space.lr.low=1e20", "search.space.lr.high=1e25"]
    verdict = climb.run(STAGE, ["optimizer=sgd", "optimizer.momentum=0", *space])
    assert verdict.status == Status.FAIL
    assert check(verdict, "T-06").value == 1.0
    assert all(trial["diverged"] for trial in verdict.numbers["trials"])
    assert verdict.suspects[0].fault == "O01"


def test_a_round_against_instability_is_held_against_what_the_probe_measures(climb):
    before = {"checks": [{"id": "T-12", "value": 0.5}]}
    write_json(climb.root / "results" / "base" / "tune" / "verdict.json", before)
    told = "predicted={component: instability, low: -0.5, high: -0.4, source: T-12}"
    verdict = climb.run(STAGE, ["parent=base", told, "optimizer.clip_norm=1e-3"])
    stable, promise = check(verdict, "T-12"), check(verdict, "I-01")
    assert (promise.value, promise.status) == ("as predicted", Status.PASS)
    observed = verdict.numbers["round"]["observed"]
    assert observed["value"] == pytest.approx(stable.value - 0.5)
    # Every gradient is longer than that: the limit, and not the rate, decides each step.
    clipped = check(verdict, "T-13")
    assert clipped.value > 0.9 and clipped.status == Status.WARN
    became = {rule["id"]: rule["became"] for rule in verdict.numbers["method"]}
    assert became["T-13"] == "judged: warn"
    norms = verdict.numbers["probe"]["gradient_norms"]
    assert set(norms) == {"1", "2", "5"} and norms["1"] > 1e-3


def test_a_best_trial_at_the_edge_asks_for_a_wider_range(climb):
    edge = ["search.space.lr.high=1e-3", "search.coarse_trials=8"]
    verdict = climb.run(STAGE, [*edge, "search.widenings=0"])
    assert check(verdict, "T-05").status == Status.WARN
    assert check(verdict, "T-05").evidence == "widen search.space of lr"
    wider = climb.run(STAGE, [*edge, "search.widenings=3"])
    assert check(wider, "T-05").status == Status.PASS
    assert wider.numbers["widened"] == ["lr"] and wider.numbers["space"]["lr"]["high"] > 1e-3
    assert "already widened: lr" in check(wider, "T-05").evidence
    # The trials within the old bounds are the same ones.
    rounds = [trial["round"] for trial in wider.numbers["trials"]]
    assert rounds[:8] == ["coarse"] * 8 and "widened" in rounds


def test_the_incumbent_s_runs_are_shared_with_the_gap(climb):
    same = ["training.steps=120", "search.confirm_steps=120"]
    climb.run("gap", same)
    climb.lines.clear()
    climb.run(STAGE, same)
    # Two of the incumbent, and the winner's first seed, which was its final trial.
    assert "3 of 4 runs are already there" in climb.lines


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("search.confirm_seeds=1", "confirm_seeds=1 must be at least 2"),
        ("search.trial_steps=0", "trial_steps=0 must be at least 1"),
        ("training.evaluations=0", "training.evaluations=0 must be at least 1"),
        ("search.space.lr.scale=logg", "Did you mean 'log'?"),
        ("+search.space.lrr={_target_: x}", "search.space"),
        ("search.schedules=[cosin]", "Did you mean 'cosine'?"),
    ],
)
def test_a_search_that_cannot_be_run_is_refused(climb, override, says):
    with pytest.raises(UserError) as caught:
        climb.run(STAGE, [override])
    assert says in str(caught.value)

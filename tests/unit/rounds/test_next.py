"""Proposals: the lecture's lists in order, honest about what is ready, and files that compose."""

import pytest
import yaml
from tests.rounds_on_disk import REPOSITORY, repository, write_run

from startsimple.rounds.fixes import load_fixes
from startsimple.rounds.propose import BY_HAND, NOT_NOW, READY, advised, propose
from startsimple.rounds.run import load_run
from startsimple.rounds.write import accept
from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError

TUNED = {
    "adopted": True,
    "changes": {"optimizer.lr": 0.0123, "schedule.name": "cosine"},
    "winner": {"lr": 0.0123, "schedule": "cosine"},
    "gain": {"value": 0.1, "low": 0.08, "high": 0.12},
}
CURVE = {
    "falling": True,
    "sizes": [287, 575, 1150],
    "next_gain": {"value": 0.02, "low": 0.01, "high": 0.03},
    "needed": {"value": 5000.0, "low": 3000.0, "high": float("inf")},
}


@pytest.fixture
def root(tmp_path):
    return repository(tmp_path)


def proposals(root, **facts):
    name = write_run(root, "digits_mlp", **facts)
    run = load_run(root, name)
    return run, *propose(run, root / "conf")


def by_letter(listed):
    return {one.fix.letter: one for one in listed}


def test_the_lists_are_the_lecture_s():
    lists = load_fixes(REPOSITORY / "conf")
    letters = {route: "".join(fix.letter for fix in fixes) for route, fixes in lists.items()}
    assert letters["underfitting"] == "ABCDEF"
    assert letters["overfitting"] == "ABCDEFGHIJ"
    assert letters["distribution shift"] == "ABC"
    advised_against = [fix.letter for fix in lists["overfitting"] if not fix.recommended]
    assert advised_against == ["H", "I", "J"]


def test_what_tuning_measured_is_advised_before_what_is_only_expected(root):
    _, route, listed = proposals(root, tune=TUNED)
    assert route == "underfitting"
    tuned = by_letter(listed)["E"]
    assert (tuned.state, tuned.measured) == (READY, True)
    assert tuned.changes == {"optimizer.lr": 0.0123, "schedule.name": "cosine"}
    assert (tuned.predicted.component, tuned.predicted.low) == ("error", -0.12)
    assert advised(listed) == listed.index(tuned) + 1


@pytest.mark.parametrize(
    ("tune", "says"), [(None, "climb to the tuning"), ({**TUNED, "adopted": False}, "no gain")]
)
def test_tuning_that_found_nothing_is_not_offered(root, tune, says):
    _, _, listed = proposals(root, tune=tune)
    assert by_letter(listed)["E"].state == NOT_NOW
    assert says in by_letter(listed)["E"].note
    # The first in the lecture's order that is ready: a bigger model.
    assert advised(listed) == 1
    assert listed[0].changes == {"model.hidden": 256}
    assert listed[0].predicted.low == pytest.approx(-0.09)


def test_regularisation_that_is_not_there_cannot_be_reduced(root):
    _, _, listed = proposals(root)
    assert by_letter(listed)["B"].state == NOT_NOW
    _, _, listed = proposals(root, overrides=("optimizer.weight_decay=0.1",), label="decayed")
    assert by_letter(listed)["B"].changes == {"optimizer.weight_decay": 0.0}


@pytest.mark.parametrize(
    ("curve", "state", "says"),
    [
        (None, NOT_NOW, "no learning curve"),
        ({**CURVE, "falling": False}, NOT_NOW, "no longer falls"),
        (CURVE, BY_HAND, "needs about 5000 examples [3000, endless], now 1150"),
    ],
)
def test_more_data_is_advised_only_while_the_learning_curve_falls(root, curve, state, says):
    _, _, listed = proposals(root, route="overfitting", numbers={"curve": curve})
    data = by_letter(listed)["A"]
    assert data.state == state and says in data.note
    assert (data.predicted is not None) == (state == BY_HAND)


def test_what_the_lecture_advises_against_is_ready_but_never_advised(root):
    _, _, listed = proposals(root, route="overfitting")
    against = [one for one in listed if not one.fix.recommended]
    assert [one.state for one in against] == [READY, BY_HAND, READY]
    assert listed[advised(listed) - 1].fix.letter == "B"
    normed = ("model.norm=batch",)
    _, _, listed = proposals(root, route="overfitting", overrides=normed, label="normed")
    assert listed[advised(listed) - 1].fix.letter == "D"
    # With all of that and the architecture there already, nothing is left to advise.
    decay = ("optimizer=adamw", "optimizer.weight_decay=0.05")
    spent = ("model=mlp_residual", *normed, *decay)
    _, _, listed = proposals(root, route="overfitting", overrides=spent, label="spent")
    assert [one.fix.letter for one in listed if one.state == READY] == ["H", "J"]
    assert advised(listed) is None


@pytest.mark.parametrize("route", ["distribution shift", "validation overfitting", "done"])
def test_other_routes_have_their_own_lists(root, route):
    _, told, listed = proposals(
        root,
        route=route,
        numbers={"gaps": {"validation_overfitting": {"value": 0.1, "low": 0, "high": 0}}},
    )
    assert told == route
    expected = {"distribution shift": None, "validation overfitting": 1, "done": None}
    assert advised(listed) == expected[route]


def test_an_accepted_proposal_is_an_experiment_with_one_change(root):
    run, route, listed = proposals(root, tune=TUNED)
    path = accept(run, root / "conf", route, by_letter(listed)["E"])
    assert path.name == "digits_mlp_r1.yaml"
    own = compose_experiment(root / "conf", "digits_mlp_r1").config
    assert own["parent"] == "digits_mlp"
    assert own["predicted"]["low"] == -0.12
    assert own["hypothesis"].startswith("Against underfitting, fix E")
    changed = [key for key in run.config if own[key] != run.config[key]]
    assert sorted(set(changed) - {"name", "parent", "change", "hypothesis", "predicted"}) == [
        "optimizer",
        "schedule",
    ]
    # Exactly what was tuned: the schedule file's own warm-up was never tried.
    assert own["schedule"] == {**run.config["schedule"], "name": "cosine"}


def test_accepting_twice_writes_once_and_another_change_gets_the_next_number(root):
    run, route, listed = proposals(root, tune=TUNED)
    fixes = by_letter(listed)
    first = accept(run, root / "conf", route, fixes["E"])
    assert accept(run, root / "conf", route, fixes["E"]) == first
    assert accept(run, root / "conf", route, fixes["A"]).name == "digits_mlp_r2.yaml"


def test_a_round_of_a_round_keeps_what_its_parent_changed(root):
    run, route, listed = proposals(root, tune=TUNED)
    accept(run, root / "conf", route, by_letter(listed)["E"])
    name = write_run(root, "digits_mlp_r1", route="overfitting")
    second = load_run(root, name)
    route, listed = propose(second, root / "conf")
    path = accept(second, root / "conf", route, by_letter(listed)["D"])
    assert path.name == "digits_mlp_r2.yaml"
    own = compose_experiment(root / "conf", "digits_mlp_r2").config
    assert own["parent"] == "digits_mlp_r1"
    assert own["optimizer"]["lr"] == 0.0123 and own["schedule"]["name"] == "cosine"
    assert (own["optimizer"]["name"], own["optimizer"]["weight_decay"]) == ("adamw", 0.05)


def test_a_variant_s_overrides_are_carried_over(root):
    overrides = ("optimizer.lr=1e-4", "model=mlp_residual", "seed=3")
    run, route, listed = proposals(root, overrides=overrides, label="mine")
    assert run.name == "digits_mlp~mine"
    path = accept(run, root / "conf", route, by_letter(listed)["A"])
    own = compose_experiment(root / "conf", path.stem).config
    assert (own["optimizer"]["lr"], own["seed"], own["model"]["residual"]) == (1e-4, 3, True)
    assert own["model"]["hidden"] == 2 * run.config["model"]["hidden"]
    assert yaml.safe_load(path.read_text())["parent"] == "digits_mlp~mine"


def test_what_is_not_ready_cannot_be_accepted(root):
    run, route, listed = proposals(root)
    with pytest.raises(UserError, match="Fix C is by hand: accept one that is ready"):
        accept(run, root / "conf", route, by_letter(listed)["C"])
    with pytest.raises(UserError, match="put it into an experiment file"):
        other = write_run(root, "digits_mlp", overrides=("~fault",), label="odd")
        odd = load_run(root, other)
        accept(odd, root / "conf", route, by_letter(listed)["A"])
    assert not list((root / "conf" / "experiment").glob("digits_mlp_r*.yaml"))


def test_a_broken_fix_list_is_one_sentence(root):
    path = root / "conf" / "fixes.yaml"
    path.write_text(path.read_text().replace("multiply", "multiplly"))
    with pytest.raises(UserError, match="has the change 'multiplly'; write one of multiply"):
        load_fixes(root / "conf")
    path.write_text("underfitting: [")
    with pytest.raises(UserError, match="does not hold the fix lists"):
        load_fixes(root / "conf")


def test_a_run_without_a_gap_has_nothing_to_propose(root):
    name = write_run(root, "digits_mlp")
    (root / "results" / name / "gap" / "verdict.json").unlink()
    with pytest.raises(UserError, match="climb it first"):
        propose(load_run(root, name), root / "conf")
    with pytest.raises(UserError, match="Did you mean 'digits_mlp'"):
        load_run(root, "digit_mlp")

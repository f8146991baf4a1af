"""Comparing runs: a planted winner is named, and noise of either kind is not."""

import numpy as np
import pytest
from tests.rounds_on_disk import errors, repository, write_run

from startsimple.rounds.compare import compare, config_diff
from startsimple.rounds.run import load_run
from startsimple.schema.errors import UserError


@pytest.fixture
def versus(tmp_path):
    """Return a function that compares two runs with the given errors."""
    root = repository(tmp_path)

    def compared(first, second, *, second_id=0):
        write_run(root, "digits_mlp", val=first)
        name = write_run(
            root,
            "digits_mlp",
            overrides=("optimizer.lr=3e-3",),
            label="other",
            val=second,
            first_id=second_id,
        )
        return compare(load_run(root, "digits_mlp"), load_run(root, name))

    return compared


def test_a_planted_winner_is_named(versus):
    found = versus(errors(0.25, 1), errors(0.18, 2))
    assert found.contest.winner == "B"
    assert found.contest.examples.high < 0 and found.contest.seeds.high < 0
    assert found.contest.better > 0.99
    assert found.contest.changed == pytest.approx(0.07, abs=0.02)
    assert max(found.contest.churn) < 0.05
    assert found.config == [("optimizer.lr", 3e-4, 3e-3)]
    assert found.scores["validation score"] == pytest.approx((0.75, 0.82), abs=0.02)
    assert versus(errors(0.18, 1), errors(0.25, 2)).contest.winner == "A"


def test_a_difference_within_retraining_noise_has_no_winner(versus):
    # Examples alone would call it: paired, they say that B is better by three points.
    first = np.concatenate([errors(0.19, 1, runs=1), errors(0.27, 2, runs=1)])
    second = np.concatenate([errors(0.16, 3, runs=1), errors(0.24, 4, runs=1)])
    contest = versus(first, second).contest
    assert contest.examples.excludes_zero() and not contest.seeds.excludes_zero()
    assert contest.winner is None and "within retraining noise" in contest.reason


def test_a_difference_within_the_examples_noise_has_no_winner(versus):
    contest = versus(errors(0.200, 1, noise=0.2), errors(0.203, 2, noise=0.2)).contest
    assert contest.winner is None and "noise of the examples" in contest.reason


def test_one_seed_never_wins(versus):
    contest = versus(errors(0.3, 1, runs=1), errors(0.1, 2, runs=1)).contest
    assert contest.winner is None and "one seed" in contest.reason


def test_a_run_does_not_differ_from_itself(versus):
    same = errors(0.2, 1)
    contest = versus(same, same).contest
    assert contest.changed == 0 and contest.examples.value == 0 and contest.winner is None


def test_other_examples_cannot_be_compared(versus):
    found = versus(errors(0.3, 1), errors(0.1, 2), second_id=7)
    assert found.contest is None and "same validation examples" in found.missing


def test_errors_that_were_changed_are_refused(versus, tmp_path):
    path = tmp_path / "results" / "digits_mlp" / "gap" / "errors.safetensors"
    versus(errors(0.3, 1), errors(0.1, 2))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="is not what stage 'gap' wrote"):
        compare(load_run(tmp_path, "digits_mlp"), load_run(tmp_path, "digits_mlp~other"))


def test_a_diff_leaves_out_what_does_not_train():
    first = {"name": "a", "parent": None, "optimizer": {"lr": 1, "name": "adam"}}
    second = {"name": "b", "parent": "a", "optimizer": {"lr": 2, "name": "adam"}, "new": 1}
    assert list(config_diff(first, second)) == [("new", None, 1), ("optimizer.lr", 1, 2)]

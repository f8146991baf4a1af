"""Calibration, the error table, and outcomes against predictions."""

import numpy as np
import pytest

from startsimple.training.calibration import calibration
from startsimple.training.error_table import confusions, error_type, ranked
from startsimple.training.outcome import paired_change, surprising
from startsimple.training.statistics import Estimate, mean_difference


def answers(sharpen, n=4000, seed=0):
    """Probabilities and labels drawn from them, then sharpened: 1 stays calibrated."""
    generator = np.random.default_rng(seed)
    odds = generator.dirichlet(np.ones(4), n)
    y = np.array([generator.choice(4, p=row) for row in odds])
    told = odds**sharpen
    return told / told.sum(axis=1, keepdims=True), y


def test_calibrated_answers_have_no_excess():
    told = calibration(*answers(1.0), 0.95)
    assert told.excess.low <= 0.01 and told.excess.high >= -0.01
    assert told.expected_error < 0.03
    assert max(map(abs, told.bias)) < 0.03


@pytest.mark.parametrize(("sharpen", "sign"), [(3.0, 1), (0.4, -1)])
def test_over_and_underconfidence_are_told_apart(sharpen, sign):
    told = calibration(*answers(sharpen), 0.95)
    assert sign * told.excess.low > 0.05 or sign * told.excess.high > 0.05
    assert told.excess.low * told.excess.high > 0
    assert told.expected_error > 0.1
    assert sum(one["count"] for one in told.bins) == 4000


def test_confusions_count_labels_down_and_answers_across():
    matrix = confusions(np.array([0, 0, 1]), np.array([[0, 1, 1], [1, 1, 1]]), 2)
    assert matrix.tolist() == [[1, 3], [0, 2]]


def test_priority_follows_what_the_type_can_gain_and_shift_is_seen():
    # The lecture's table: validation, test-val, of 1.4 per cent of errors in all.
    rows = [
        error_type("pedestrians", "slice", 0.001, 0.001, 0.014),
        error_type("reflections", "slice", 0.003, 0.003, 0.014),
        error_type("night scenes", "slice", 0.001, 0.010, 0.014),
    ]
    assert [one.priority for one in rows] == ["low", "medium", "high"]
    assert "adapt the domain" in rows[2].solutions and "adapt" not in rows[1].solutions
    assert [one.name for one in ranked(rows)] == ["night scenes", "reflections", "pedestrians"]
    assert error_type("alone", "label", 0.01, None, 0.02).priority == "high"


def rows(rate, seed, n=4000):
    return (np.random.default_rng(seed).random((2, n)) < rate).astype(float)


def test_a_change_is_paired_example_by_example():
    before = {"train": rows(0.1, 0), "val": rows(0.3, 1)}
    after = {"train": rows(0.1, 2), "val": before["val"] * rows(0.5, 3)}
    error, variance = (
        paired_change(component, before, after, 0.95) for component in ("error", "variance")
    )
    assert error.value == pytest.approx(-0.15, abs=0.02) and error.high < 0
    assert variance.value == pytest.approx(-0.15, abs=0.03) and variance.high < 0
    bias = paired_change("bias", before, after, 0.95)
    assert bias.low < 0 < bias.high
    assert paired_change("shift", before, after, 0.95) is None
    same = paired_change("error", before, before, 0.95)
    assert (same.low, same.value, same.high) == (0, 0, 0)


def test_a_surprise_is_an_outcome_that_no_prediction_held():
    seen = Estimate(-0.1, -0.12, -0.08)
    assert not surprising(seen, -0.2, -0.1) and not surprising(seen, -0.09, 0.0)
    assert surprising(seen, -0.05, 0.0) and surprising(seen, -0.3, -0.2)


def test_welch_s_interval():
    from scipy import stats

    first, second = [0.90, 0.93, 0.91], [0.95, 0.96]
    told = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    mine = mean_difference(first, second, 0.95)
    assert (mine.low, mine.high) == pytest.approx((told.low, told.high))
    assert mean_difference([0.1], second, 0.95).low == -np.inf
    assert mean_difference([0.5, 0.5], [0.6, 0.6], 0.95).excludes_zero()

"""The learning curve: what more data buys is measured, extrapolated, and never promised."""

import numpy as np
import pytest

from startsimple.training.learning_curve import learning_curve

SIZES = [1000, 2000, 4000]


def runs(rates, n=4000, seed=0):
    """Two runs at each size, wrong at the given rates on the same examples."""
    hardness = np.random.default_rng(seed).random(n)
    shaken = np.random.default_rng(seed + 1)
    return [
        np.stack([(hardness + 0.02 * shaken.standard_normal(n) < rate) for _ in range(2)]).astype(
            float
        )
        for rate in rates
    ]


def power_law(b, c, asymptote=0.05):
    return [asymptote + b * size**-c for size in SIZES]


def test_a_power_law_is_found_again():
    rates = power_law(5.0, 0.5)
    curve = learning_curve(SIZES, runs(rates), 0.05, 0.08, 0.95, 0)
    assert curve.falling
    assert [one.value for one in curve.errors] == pytest.approx(rates, abs=0.01)
    after = 0.05 + 5.0 * 8000**-0.5
    assert curve.next_gain.low < rates[-1] - after < curve.next_gain.high
    exact = (5.0 / 0.03) ** 2
    assert curve.needed.low < exact < curve.needed.high
    assert curve.needed.value == pytest.approx(exact, rel=0.3)


def test_a_flat_curve_does_not_fall_and_needs_without_end():
    curve = learning_curve(SIZES, runs([0.2, 0.2, 0.2], n=2000), 0.05, 0.06, 0.95, 0)
    assert not curve.falling
    assert curve.last_gain.low <= 0 <= curve.last_gain.high
    assert curve.needed.high == np.inf


def test_a_curve_that_has_flattened_is_not_excused_by_its_steep_start():
    curve = learning_curve(SIZES, runs([0.6, 0.2, 0.2], n=2000), 0.05, 0.06, 0.95, 0)
    assert not curve.falling


def test_steps_up_in_size_are_told_per_doubling():
    quarter = learning_curve([1000, 4000], runs([0.4, 0.2]), 0.05, 0.1, 0.95, 0)
    assert quarter.last_gain.value == pytest.approx(0.1, abs=0.01)


def test_runs_that_differ_widen_the_interval():
    calm = runs([0.3, 0.25, 0.2], n=2000)
    # One of the two runs at the smallest size has failed wholly.
    wild = [np.stack([calm[0][0], np.ones(2000)]), *calm[1:]]
    told = [learning_curve(SIZES, rows, 0.0, 0.1, 0.95, 0) for rows in (calm, wild)]
    widths = [one.errors[0].high - one.errors[0].low for one in told]
    assert widths[1] > 2 * widths[0]


def test_equal_runs_give_equal_curves():
    told = [learning_curve(SIZES, runs([0.3, 0.25, 0.2]), 0.0, 0.1, 0.95, 7) for _ in range(2)]
    assert told[0] == told[1]

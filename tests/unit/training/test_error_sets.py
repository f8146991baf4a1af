"""Errors on a set: rates have Wilson's interval, other errors the bootstrap's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.training.error_sets import ErrorSet, difference, paired_difference, resample
from startsimple.training.statistics import rate_difference, rate_interval


@given(st.lists(st.booleans(), min_size=2, max_size=300))
def test_wrong_answers_are_a_rate(wrong):
    errors = ErrorSet.of(np.array(wrong, dtype=float))
    assert errors.values is None and len(errors) == len(wrong)
    assert errors.interval(0.95) == rate_interval(np.mean(wrong), len(wrong), 0.95)


def test_seeds_count_as_one_model_and_not_as_more_examples():
    rows = (np.random.default_rng(0).random((3, 400)) < 0.2).astype(float)
    errors = ErrorSet.of(rows)
    assert len(errors) == 400 and errors.mean == pytest.approx(rows.mean())


def test_the_bootstrap_covers_the_mean_of_skewed_errors():
    covered = 0
    for seed in range(100):
        drawn = np.random.default_rng(seed).exponential(2.0, 300)
        estimate = ErrorSet.of(drawn).interval(0.95)
        covered += estimate.low <= 2.0 <= estimate.high
    assert 89 <= covered <= 99


def test_the_difference_of_two_sets():
    generator = np.random.default_rng(1)
    first, second = (ErrorSet.of(generator.exponential(mean, 800)) for mean in (1.0, 1.5))
    estimate = difference(first, second, 0.95)
    half = 1.96 * np.sqrt(first.variance / 800 + second.variance / 800)
    assert estimate.value == pytest.approx(second.mean - first.mean)
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.1)
    rates = [ErrorSet.rate(0.1, 500), ErrorSet.rate(0.2, 300)]
    assert difference(*rates, 0.9) == rate_difference(*(one.interval(0.9) for one in rates))


def test_equal_sizes_are_not_resampled_in_step():
    generator = np.random.default_rng(2)
    values = generator.exponential(1.0, 500)
    alike = ErrorSet.of(values), ErrorSet.of(values + 1e-9 * generator.standard_normal(500))
    estimate = difference(*alike, 0.95)
    assert estimate.high - estimate.low > 0.15


def test_pairing_removes_what_two_models_share():
    generator = np.random.default_rng(3)
    hard = generator.exponential(1.0, 600)
    first, second = hard, hard + 0.05 + 0.1 * generator.standard_normal(600)
    paired = paired_difference(first, second, 0.95, seed=0)
    alone = difference(ErrorSet.of(first), ErrorSet.of(second), 0.95)
    assert paired.excludes_zero() and not alone.excludes_zero()
    assert paired.value == pytest.approx(0.05, abs=0.01)
    assert paired_difference(first, first, 0.95, seed=0).high == 0


def test_blocks_of_resamples_do_not_change_their_number():
    rows = np.random.default_rng(4).random((2, 7000))
    drawn = resample(rows, 0, 700)
    assert drawn.shape == (2, 700)
    assert drawn.std(axis=1) == pytest.approx(rows.std(axis=1) / np.sqrt(7000), rel=0.15)
    # The same resamples for every row: a constant difference keeps no noise.
    pair = resample(np.stack([rows[0], rows[0] + 1]), 0, 50)
    assert np.ptp(pair[1] - pair[0]) < 1e-12

"""The statistics behind the gates, against scipy.stats, brute force and simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from startsimple.training.statistics import (
    Estimate,
    best_of,
    examples_to_decide,
    mean_interval,
    p_above_chance,
    p_below,
    paired_gain,
    rate_difference,
    rate_interval,
    selection_optimism,
)

sizes = st.integers(1, 3000)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
samples = st.lists(st.floats(0, 1).map(lambda v: round(v, 4)), min_size=2, max_size=8)


@given(sizes, st.floats(0, 1), levels)
def test_a_rate_has_wilsons_interval(n, share, confidence):
    right = round(share * n)
    mine = rate_interval(right / n, n, confidence)
    theirs = stats.binomtest(right, n).proportion_ci(confidence, method="wilson")
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= mine.low <= mine.value <= mine.high <= 1


def test_the_method_s_half_widths_at_27_percent():
    for n, half in ((100, 0.087), (500, 0.039), (1000, 0.0275), (10_000, 0.0087)):
        interval = rate_interval(0.27, n, 0.95)
        assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.03)


@given(sizes, sizes, st.floats(0, 1), st.floats(0, 1))
def test_a_difference_turns_round_with_its_sets(n, m, first, second):
    a, b = rate_interval(first, n, 0.95), rate_interval(second, m, 0.95)
    there, back = rate_difference(a, b), rate_difference(b, a)
    assert there.value == pytest.approx(second - first)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.low <= there.value <= there.high


def test_newcombe_s_published_example():
    # Newcombe (1998), method 10: 56/70 against 48/80 gives 0.0524 to 0.3339.
    gap = rate_difference(rate_interval(48 / 80, 80, 0.95), rate_interval(56 / 70, 70, 0.95))
    assert (gap.low, gap.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert gap.excludes_zero()


def test_two_sets_need_the_gaps_that_the_method_tells():
    for n, gap in ((500, 0.055), (1000, 0.039), (10_000, 0.012)):
        decided = [
            rate_difference(
                rate_interval(0.27, n, 0.95), rate_interval(0.27 + delta, n, 0.95)
            ).excludes_zero()
            for delta in (0.85 * gap, 1.15 * gap)
        ]
        assert decided == [False, True]


@given(st.floats(0.01, 0.5), st.floats(0.01, 0.5), levels)
def test_as_many_examples_as_told_decide(first, second, confidence):
    variance = first * (1 - first) + second * (1 - second)
    needed = examples_to_decide(second - first, variance, confidence)
    if abs(first - second) < 1e-3:
        return
    z = stats.norm.ppf(0.5 + confidence / 2)
    error = [z * math.sqrt(variance / n) for n in (needed, max(1, needed - 1))]
    assert error[0] <= abs(first - second) + 1e-12
    assert needed == 1 or error[1] > abs(first - second) - 1e-12
    assert examples_to_decide(first - second, variance, confidence) == needed


def test_equal_rates_are_never_decided():
    assert examples_to_decide(0.0, 0.32, 0.95) == 0


@given(samples, levels)
def test_a_mean_has_students_interval(values, confidence):
    mine = mean_interval(values, confidence)
    error = stats.sem(values)
    if error == 0 or np.ptp(values) == 0:
        assert mine.high - mine.low == pytest.approx(0, abs=1e-9)
        return
    low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), error)
    assert (mine.low, mine.high) == pytest.approx((low, high))


def test_one_seed_shows_no_spread():
    assert mean_interval([0.9], 0.95) == Estimate(0.9, -math.inf, math.inf)
    assert p_below([0.1], 0.9) == 1.0


@given(samples, st.floats(0, 1))
def test_being_below_a_bound_is_the_one_sided_t_test(values, bound):
    if np.ptp(values) == 0:
        assert p_below(values, bound) == (0.0 if values[0] < bound else 1.0)
        return
    expected = stats.ttest_1samp(values, bound, alternative="less").pvalue
    assert p_below(values, bound) == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 400), st.floats(0, 1), st.floats(0.05, 0.9))
def test_beating_chance_is_the_exact_binomial_test(n, share, chance):
    right = round(share * n)
    expected = stats.binomtest(right, n, chance, alternative="greater").pvalue
    assert p_above_chance(right, n, chance) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7), st.data())
def test_the_best_of_k_is_the_mean_over_all_draws(scores, data):
    k = data.draw(st.integers(1, len(scores)))
    brute = np.mean([max(draw) for draw in itertools.combinations(scores, k)])
    assert best_of(scores, k) == pytest.approx(brute)


@pytest.mark.parametrize(("trials", "errors"), [(10, 1.54), (20, 1.87), (60, 2.32), (100, 2.51)])
def test_choosing_among_equal_trials_flatters_as_simulated(trials, errors):
    n, accuracy = 400, 0.8
    generator = np.random.default_rng(0)
    draws = generator.binomial(n, accuracy, size=(4000, trials)) / n
    simulated = draws.max(axis=1).mean() - accuracy
    expected = selection_optimism(n, accuracy, trials)
    assert expected == pytest.approx(simulated, rel=0.07)
    assert expected / math.sqrt(accuracy * (1 - accuracy) / n) == pytest.approx(errors, abs=0.04)


def test_a_single_trial_flatters_nobody():
    assert selection_optimism(100, 0.8, 1) == 0.0


def planted(generator, seeds, gain, noise, n=300):
    """Draw correctness of two configurations whose true accuracies differ by `gain`."""
    difficulty = generator.uniform(0.5, 0.9, n)

    def draw(shift):
        seed = generator.normal(0, noise, (seeds, 1))
        return (generator.random((seeds, n)) < difficulty + shift + seed).astype(float)

    return draw(gain), draw(0.0)


@pytest.mark.parametrize("gain", [0.0, 0.08])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_interval_of_a_planted_gain_covers_it(gain, noise):
    generator = np.random.default_rng(1)
    covered = adopted = 0
    for repeat in range(60):
        winner, incumbent = planted(generator, 3, gain, noise)
        estimate, better = paired_gain(winner, incumbent, 0.95, repeat, resamples=300)
        covered += estimate.low <= gain <= estimate.high
        adopted += estimate.low > 0
        assert 0 <= better <= 1
    assert covered >= 54
    assert adopted >= 48 if gain else adopted <= 3


def test_a_configuration_gains_nothing_over_itself():
    rows = (np.random.default_rng(0).random((3, 200)) < 0.8).astype(float)
    estimate, better = paired_gain(rows, rows, 0.95, 0)
    assert estimate.value == 0.0 and estimate.low < 0 < estimate.high
    assert better == pytest.approx(0.5, abs=0.05)
    assert paired_gain(rows, rows, 0.95, 0) == (estimate, better)

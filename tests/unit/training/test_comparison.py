"""Seeds against a known result: the tests are scipy's, the verdicts follow from the intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from startsimple.training.comparison import Comparison, Known, compare, compare_with_bound

ALPHA = 0.05
scores = st.lists(st.floats(0, 1).map(lambda v: round(v, 3)), min_size=3, max_size=9).filter(
    lambda values: np.std(values) > 1e-3
)


@given(scores, st.floats(0, 1), st.floats(0.001, 0.2))
def test_equivalence_is_an_interval_inside_of_the_tolerated_range(values, reference, tolerance):
    found = compare(values, Known(reference), tolerance, ALPHA)
    low, high = stats.t.interval(0.9, len(values) - 1, np.mean(values), stats.sem(values))
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    inside = low > reference - tolerance and high < reference + tolerance
    assert (found.verdict == "equivalent") == inside
    assert (found.p_equivalent <= ALPHA) == inside


@given(scores, st.floats(0, 1), st.floats(0.001, 0.2))
def test_a_verdict_turns_round_with_its_figures(values, reference, tolerance):
    turned = {"above": "below", "below": "above"}
    found = compare(values, Known(reference), tolerance, ALPHA)
    mirror = compare([-v for v in values], Known(-reference), tolerance, ALPHA)
    assert mirror.verdict == turned.get(found.verdict, found.verdict)
    assert mirror.p_different == pytest.approx(found.p_different)
    assert mirror.further_seeds == found.further_seeds


@given(scores, st.floats(0, 1), st.floats(0.001, 0.2))
def test_the_further_seeds_decide_and_one_less_does_not(values, reference, tolerance):
    found = compare(values, Known(reference), tolerance, ALPHA)
    if found.verdict != "inconclusive":
        assert found.further_seeds == 0
        return
    if found.further_seeds is None:
        return

    def with_more(count: int) -> Comparison:
        shape = np.arange(len(values) + count, dtype=float)
        shape = (shape - shape.mean()) / shape.std(ddof=1)
        like = np.mean(values) + np.std(values, ddof=1) * shape
        return compare(like.tolist(), Known(reference), tolerance, ALPHA)

    assert with_more(found.further_seeds).verdict != "inconclusive"
    if found.further_seeds > 1:
        assert with_more(found.further_seeds - 1).verdict == "inconclusive"


def test_a_figure_beyond_the_tolerance_is_above_or_below_it():
    near, low, high = [0.93, 0.94, 0.95], [0.80, 0.81, 0.82], [0.99, 0.991, 0.992]
    assert [compare(v, Known(0.94), 0.02, ALPHA).verdict for v in (near, low, high)] == [
        "equivalent",
        "below",
        "above",
    ]
    assert compare(high, Known(0.94), 0.02, ALPHA).p_different < ALPHA


def test_three_spread_seeds_decide_nothing_and_say_how_many_would():
    found = compare([0.913, 0.936, 0.931], Known(0.94), 0.02, ALPHA)
    assert found.verdict == "inconclusive"
    assert found.further_seeds and 1 < found.further_seeds < 30
    exactly_at_the_end = compare([0.91, 0.92, 0.93], Known(0.94), 0.02, ALPHA)
    assert exactly_at_the_end.further_seeds is None


def test_a_published_spread_makes_the_tests_welch_s():
    values = [0.90, 0.92, 0.94, 0.95]
    found = compare(values, Known(0.93, std=0.02, runs=5), 0.02, ALPHA)
    expected = stats.ttest_ind_from_stats(
        np.mean(values), np.std(values, ddof=1), 4, 0.93, 0.02, 5, equal_var=False
    )
    assert found.p_different == pytest.approx(expected.pvalue)
    assert found.p_equivalent > compare(values, Known(0.93), 0.02, ALPHA).p_equivalent


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.5, "equivalent"), (0.53, "above"), (0.47, "below"), (0.52, "inconclusive")],
)
def test_seeds_without_spread_decide_by_themselves(value, verdict):
    found = compare([value] * 3, Known(0.5), 0.02, ALPHA)
    assert found.verdict == verdict
    assert found.further_seeds in (0, None)


def test_a_floor_is_beaten_or_missed_or_open():
    assert compare_with_bound([0.9, 0.91, 0.92], 0.8, ALPHA).verdict == "above"
    assert compare_with_bound([0.7, 0.71, 0.72], 0.8, ALPHA).verdict == "below"
    opened = compare_with_bound([0.79, 0.81, 0.83], 0.8, ALPHA)
    assert opened.verdict == "inconclusive" and opened.further_seeds


def test_equivalence_errs_as_rarely_as_it_says():
    # A true mean at the end of the range is called equivalent in at most 5 % of the draws.
    source = np.random.default_rng(0)
    draws = source.normal(0.92, 0.01, (200, 5)).tolist()
    wrong = sum(compare(d, Known(0.94), 0.02, ALPHA).verdict == "equivalent" for d in draws)
    assert wrong / len(draws) < ALPHA + 2.6 * np.sqrt(ALPHA * (1 - ALPHA) / len(draws))

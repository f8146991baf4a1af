"""Taking an error apart: planted causes are routed right, in the lecture's order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted_gaps import CASES, SEEDS, right

from startsimple.training.error_sets import ErrorSet
from startsimple.training.gaps import ORDER, choose_route, decompose

N = 100_000


def rates(*percent, n=N):
    return [ErrorSet.rate(value / 100, n) for value in percent]


def slide(*percent, n=N):
    """Decompose irreducible | train | train-val | test-val | test, in per cent."""
    train, val, shifted, test = rates(*percent[1:], n=n)
    return decompose(percent[0] / 100, train, val, 0.95, test_validation=shifted, test=test)


def test_the_lecture_s_example():
    parts = slide(25, 27, 29, 32, 34)
    values = {gap.name: round(100 * gap.estimate.value, 6) for gap in parts.gaps}
    assert values == {"bias": 2, "variance": 2, "shift": 3, "validation_overfitting": 2}
    assert parts.unmeasured == {}
    # The first in order is acted on, although another one is larger.
    assert parts.first(0.01).name == "bias"
    assert parts.largest().name == "shift"


def test_the_lecture_s_running_example_with_one_validation_split():
    train, val, test = rates(20, 27, 28)
    parts = decompose(0.01, train, val, 0.95, test=test)
    values = [round(100 * gap.estimate.value, 6) for gap in parts.gaps]
    assert values == [19, 7, 1]
    assert parts.first(0.01).name == parts.largest().name == "bias"
    assert set(parts.unmeasured) == {"shift"}


@pytest.mark.parametrize(
    ("percent", "route"),
    [
        ((4, 20, 20.5, 20.5, 20.5), "bias"),
        ((4, 4.2, 20, 20.5, 20.5), "variance"),
        ((4, 4.2, 4.5, 20, 20.5), "shift"),
        ((4, 4.2, 4.5, 5, 20), "validation_overfitting"),
        ((4, 12, 30, 60, 80), "bias"),
        ((4, 4.2, 4.5, 4.7, 5), None),
    ],
)
def test_a_planted_cause_is_routed(percent, route):
    first = slide(*percent).first(0.01)
    assert (first.name if first else None) == route


def test_small_sets_cannot_tell_the_slide_s_gaps():
    parts = slide(25, 27, 29, 32, 34, n=500)
    assert parts.first(0.01) is None
    # Alone, the method's gaps of 2 to 3 points need some 2,000 to 4,000 examples at this error;
    # four gaps that are to hold together need (2.498 / 1.960)^2 = 1.62 times as many.
    needed = {gap.name: gap.needed for gap in parts.gaps}
    assert needed["bias"] == pytest.approx(1893 * 1.6236, abs=3)
    assert 1500 < needed["shift"] / 1.62 < needed["variance"] / 1.62 < 4200
    assert parts.more_examples() == max(needed.values()) - 500
    assert "more examples per set would decide" in choose_route(parts, 0.0, 0.01).reason


def test_what_is_closed_is_not_measured():
    parts = decompose(0.04, ErrorSet.rate(0.1, 100), ErrorSet.rate(0.3, 100), 0.95)
    assert [gap.name for gap in parts.gaps] == ["bias", "variance"]
    assert set(parts.errors) == {"train", "validation"}
    assert set(parts.unmeasured) == {"shift", "validation_overfitting"}


@given(st.tuples(*[st.floats(0, 1)] * 5), st.integers(10, 5000))
def test_the_gaps_add_up_to_the_whole_error(errors, n):
    percent = [100 * value for value in errors]
    parts = slide(*percent, n=n)
    assert sum(gap.estimate.value for gap in parts.gaps) == pytest.approx(errors[4] - errors[0])
    assert [gap.name for gap in parts.gaps] == list(ORDER)
    for gap in parts.gaps:
        assert gap.estimate.low <= gap.estimate.value <= gap.estimate.high
        assert not (gap.needed and gap.estimate.excludes_zero())
        if gap.significant(0.01):
            assert gap.estimate.value > 0.01 and gap.estimate.low > 0


def test_a_large_gap_within_its_noise_is_not_significant():
    gap = decompose(0.0, ErrorSet.rate(0.1, 20), ErrorSet.rate(0.3, 20), 0.95).gaps[1]
    assert gap.estimate.value == pytest.approx(0.2) and not gap.significant(0.01)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_planted_is_routed_right(case):
    assert right(case) >= SEEDS - 1


def test_a_shift_of_two_points_on_500_examples_is_inconclusive_and_says_what_would_decide_it():
    known = ErrorSet.rate(0.25, 500)
    shifted = ErrorSet.rate(0.27, 500)
    parts = decompose(0.25, known, known, 0.95, test_validation=shifted)
    route = choose_route(parts, 0.0, 0.01)
    assert route.name == "undecided"
    more = parts.more_examples()
    assert 5000 < more < 7000 and f"about {more} more examples" in route.reason
    # Newcombe's interval is a little wider than the normal one that the number comes from.
    larger = [ErrorSet.rate(rate, 500 + round(1.02 * more)) for rate in (0.25, 0.25, 0.27)]
    decided = decompose(0.25, larger[0], larger[1], 0.95, test_validation=larger[2])
    assert choose_route(decided, 0.0, 0.01).name == "distribution shift"


def test_the_optimism_of_having_chosen_the_best_is_subtracted():
    train, val, test = (ErrorSet.rate(rate, 2000) for rate in (0.2, 0.2, 0.26))
    parts = [
        decompose(0.2, train, val, 0.95, test=test, selections=count) for count in (1, 20, 500)
    ]
    assert [choose_route(one, 0.0, 0.01).name for one in parts] == [
        "validation overfitting",
        "validation overfitting",
        "undecided",
    ]
    gap = parts[1].gaps[-1]
    # 1.87 standard errors at 20 models.
    assert gap.explained == pytest.approx(1.87 * (0.26 * 0.74 / 2000) ** 0.5, rel=0.01)
    assert gap.estimate == parts[0].gaps[-1].estimate
    assert "explains" in choose_route(parts[2], 0.0, 0.01).reason


def test_a_measured_irreducible_error_brings_its_own_interval():
    train, val = ErrorSet.rate(0.12, 1000), ErrorSet.rate(0.13, 1000)
    exact = decompose(0.08, train, val, 0.95)
    measured = decompose(ErrorSet.rate(0.08, 200), train, val, 0.95)
    assert exact.irreducible.low == exact.irreducible.high == 0.08
    assert measured.irreducible.low < 0.08 < measured.irreducible.high
    assert exact.first(0.01).name == "bias" and measured.first(0.01) is None


def test_a_met_target_ends_the_work_on_the_set_that_models_are_chosen_by():
    sets = [ErrorSet.rate(rate, 5000) for rate in (0.04, 0.045, 0.2)]
    parts = decompose(0.04, *sets[:2], 0.95)
    assert choose_route(parts, 0.05, 0.01).name == "done"
    shifted = decompose(0.04, *sets[:2], 0.95, test_validation=sets[2])
    assert choose_route(shifted, 0.05, 0.01).name == "distribution shift"

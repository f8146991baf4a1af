"""Quasi-random search: inside its bounds, repeatable, and narrowing on the best points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.schema.errors import UserError
from startsimple.schema.searches import RangeConfig, SearchConfig
from startsimple.training.declare import validate
from startsimple.training.search import Point, at_boundary, narrow, sample, widen

SCHEDULES = ["constant", "cosine"]
CHOICES = {"schedule": SCHEDULES}
SPACE = {"lr": RangeConfig(1e-4, 1e-1), "momentum": RangeConfig(0.0, 0.9, "linear")}


@st.composite
def ranges(draw):
    scale = draw(st.sampled_from(["log", "linear"]))
    low = draw(st.floats(1e-6, 10) if scale == "log" else st.floats(-10, 10))
    return RangeConfig(low, low + draw(st.floats(0.01, 1e3)), scale)


@given(ranges(), st.integers(1, 40), st.integers(0, 2**40))
def test_points_lie_inside_their_bounds(bounds, count, seed):
    points = sample({"lr": bounds}, CHOICES, count, seed)
    assert len(points) == count
    for point in points:
        assert bounds.low <= point.values["lr"] <= bounds.high
        assert point.schedule in SCHEDULES


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 2**40))
def test_more_trials_keep_the_first_ones(count, more, seed):
    first = sample(SPACE, CHOICES, count, seed)
    assert sample(SPACE, CHOICES, count + more, seed)[:count] == first


def test_another_seed_draws_other_points_that_cover_every_decade():
    first, second = (sample(SPACE, CHOICES, 16, seed) for seed in (0, 1))
    assert first != second
    for points in (first, second):
        decades = {math.floor(math.log10(point.values["lr"])) for point in points}
        assert decades == {-4, -3, -2}
        assert {point.schedule for point in points} == set(SCHEDULES)
        assert len({point.values["lr"] for point in points}) == 16
    assert sample(SPACE, CHOICES, 0, 0) == []


@given(ranges(), st.integers(1, 5), st.integers(0, 99))
def test_the_fine_ranges_span_the_best_points_within_the_coarse_ones(bounds, keep, seed):
    best = sample({"lr": bounds}, CHOICES, keep, seed)
    fine, options = narrow({"lr": bounds}, CHOICES, best)
    slack = 1e-9 * (bounds.high - bounds.low)
    assert bounds.low - slack <= fine["lr"].low < fine["lr"].high <= bounds.high + slack
    for point in best:
        assert fine["lr"].low - slack <= point.values["lr"] <= fine["lr"].high + slack
        assert point.schedule in options["schedule"]
    assert fine["lr"].scale == bounds.scale


def test_narrowing_adds_a_tenth_of_the_coarse_range_on_its_own_scale():
    best = [Point({"lr": 1e-2}, {"schedule": "cosine"})]
    fine, options = narrow({"lr": RangeConfig(1e-4, 1e0)}, CHOICES, best)
    assert math.log10(fine["lr"].low) == pytest.approx(-2.4)
    assert math.log10(fine["lr"].high) == pytest.approx(-1.6)
    assert options == {"schedule": ["cosine"]}


@pytest.mark.parametrize(
    ("value", "near"),
    [(1.2e-4, (True, False)), (0.9e-1, (False, True)), (3e-3, None), (2.2e-4, None)],
)
def test_a_best_point_near_a_bound_is_told(value, near):
    space = {"lr": RangeConfig(1e-4, 1e-1)}
    points = [Point({"lr": 3e-3}), Point({"lr": value})]
    assert at_boundary(space, points, 0.1) == ({"lr": near} if near else {})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"space": {}}, "at least one range"),
        ({"schedules": []}, "one schedule"),
        ({"coarse_trials": 0}, "coarse_trials"),
        ({"keep": 0}, "keep"),
        ({"fine_trials": -1}, "fine_trials"),
        ({"trial_steps": 0}, "trial_steps"),
        ({"confirm_steps": 0}, "confirm_steps"),
        ({"confirm_seeds": 1}, "confirm_seeds"),
        ({"space": {"lrr": RangeConfig(1, 2)}}, "Did you mean 'lr'?"),
        ({"space": {"lr": RangeConfig(1, 2, "logg")}}, "Did you mean 'log'?"),
        ({"space": {"lr": RangeConfig(2, 1)}}, "must be below"),
        ({"space": {"lr": RangeConfig(0, 1)}}, "positive on a log scale"),
        ({"space": {"steps": RangeConfig(100, 1000)}}, "never tuned"),
        ({"space": {"sgd.lr": RangeConfig(0.1, 1)}}, "does not offer"),
        (
            {
                "space": {"sgd.lr": RangeConfig(0.1, 1), "lr": RangeConfig(0.1, 1)},
                "optimizers": ["sgd"],
            },
            "give each optimiser its own",
        ),
        ({"scientific": ["schedul"]}, "Did you mean 'schedule'?"),
        ({"fixed": {"lr": "why"}}, "cannot be fixed"),
        ({"sequence": "sobl"}, "Did you mean 'sobol'?"),
        ({"sampler": "tp"}, "Did you mean 'tpe'?"),
        ({"bayesian_batch": 0}, "bayesian_batch"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(change, says):
    settings = SearchConfig(goal="g", space=dict(SPACE), schedules=list(SCHEDULES))
    validate(settings)
    for key, value in change.items():
        setattr(settings, key, value)
    with pytest.raises(UserError, match=says.replace("?", r"\?")):
        validate(settings)


def test_widening_adds_half_of_the_range_beyond_its_bound_on_its_own_scale():
    space = {"lr": RangeConfig(1e-4, 1e-2), "beta1": RangeConfig(0.5, 0.99, "linear")}
    wider, parts = widen(space, {"lr": (False, True), "beta1": (False, True)})
    assert wider["lr"].low == 1e-4 and wider["lr"].high == pytest.approx(1e-1)
    # Nothing sensible lies beyond a decay of 0.999.
    assert wider["beta1"].high == 0.999
    assert [part["lr"].low for part in parts] == [1e-2, 1e-4]
    assert widen(space, {}) == (space, [])
    assert widen({"momentum": RangeConfig(0, 0.9, "linear")}, {"momentum": (True, False)})[1] == []


def test_a_conditional_range_holds_only_for_its_optimiser():
    space = {"adam.lr": RangeConfig(1e-4, 1e-2), "sgd.lr": RangeConfig(1e-2, 1.0)}
    points = sample(space, {"optimizer": ["adam", "sgd"]}, 16, 0, "halton")
    for point in points:
        chosen = point.choices["optimizer"]
        assert list(point.values) == [f"{chosen}.lr"]
        assert point.changes() == {
            "optimizer.name": chosen,
            "optimizer.lr": point.values[f"{chosen}.lr"],
        }
    assert {point.choices["optimizer"] for point in points} == {"adam", "sgd"}
    only_adam = [point for point in points if "adam.lr" in point.values]
    assert narrow(space, {"optimizer": ["adam", "sgd"]}, only_adam)[0]["sgd.lr"].high == 1.0

"""A study's rounds follow from each other: who gets a budget, what is widened, what is told."""

import math

import pytest

from startsimple.schema.searches import RangeConfig, SearchConfig
from startsimple.training.study import Study, Trial, explore

NEAR = 0.1


def search(**changes):
    own = {
        "goal": "find the best rate",
        "space": {"lr": RangeConfig(1e-3, 1e-1)},
        "schedules": ["constant"],
        "coarse_trials": 8,
        "widenings": 0,
        "fine_trials": 0,
        "bayesian_trials": 0,
        "keep": 2,
        "trial_steps": 90,
        "halving": 1,
    }
    return SearchConfig(**{**own, **changes})


class Told:
    """Scores points by their distance from the best rate, and remembers what it was asked for."""

    def __init__(self, best, wrong=()):
        self.best, self.wrong, self.asked = best, wrong, []

    def __call__(self, name, points, steps):
        self.asked.append((name, list(points), steps))
        return [Trial(p, name, steps, self.score(name, p)) for p in points]

    def score(self, name, point):
        distance = abs(math.log10(point.values["lr"] / self.best))
        return distance if name in self.wrong else -distance

    def points(self, name):
        return [point for asked, points, _ in self.asked if asked == name for point in points]


def explored(tmp_path, told, **changes) -> Study:
    return explore(search(**changes), 3, told, NEAR, tmp_path / "study.journal")


def test_halving_gives_the_whole_budget_to_the_best_share_only(tmp_path):
    told = Told(1e-2)
    study = explored(tmp_path, told, halving=3)
    assert [(name, len(points), steps) for name, points, steps in told.asked] == [
        ("rung", 8, 30),
        ("coarse", 3, 90),
    ]
    best = sorted(told.points("rung"), key=lambda point: -told.score("rung", point))[:3]
    assert told.points("coarse") == best
    assert (len(study.rungs), len(study.trials)) == (8, 3)


def test_without_halving_every_point_gets_the_whole_budget(tmp_path):
    told = Told(1e-2)
    explored(tmp_path, told)
    assert [(name, len(points), steps) for name, points, steps in told.asked] == [("coarse", 8, 90)]


@pytest.mark.parametrize(("best", "widened"), [(1.0, ["lr"]), (1e-2, [])])
def test_a_range_is_widened_where_its_bound_is_among_the_best(tmp_path, best, widened):
    told = Told(best)
    study = explored(tmp_path, told, widenings=1)
    assert study.widened == widened
    assert all(point.values["lr"] >= 0.1 for point in told.points("widened"))
    assert bool(told.points("widened")) is bool(widened)
    assert (study.space["lr"].high > 0.1) is bool(widened)


@pytest.mark.parametrize(("halving", "count"), [(1, 4), (4, 1)])
def test_a_widened_range_is_searched_as_densely_as_by_whole_trials(tmp_path, halving, count):
    told = Told(1.0)
    explored(tmp_path, told, widenings=1, halving=halving)
    assert len(told.points("widened")) == count


def test_the_fine_round_searches_between_the_best_points(tmp_path):
    told = Told(1e-2)
    study = explored(tmp_path, told, fine_trials=6)
    best = [trial.point.values["lr"] for trial in study.ranked() if trial.round == "coarse"][:2]
    fine = [point.values["lr"] for point in told.points("fine")]
    margin = 10 ** (0.1 * 2)
    assert len(fine) == 6
    assert min(best) / margin * 0.99 <= min(fine) <= max(fine) <= max(best) * margin * 1.01


def test_the_bayesian_round_comes_last_in_batches_and_learns_from_each(tmp_path):
    told, wrong = Told(1e-2), Told(1e-2, wrong=("bayesian-1",))
    explored(tmp_path / "right", told, fine_trials=4, bayesian_trials=7, bayesian_batch=3)
    explored(tmp_path / "wrong", wrong, fine_trials=4, bayesian_trials=7, bayesian_batch=3)
    asked = [(name, len(points)) for name, points, _ in told.asked[2:]]
    assert asked == [("bayesian-1", 3), ("bayesian-2", 3), ("bayesian-3", 1)]
    assert told.points("bayesian-1") == wrong.points("bayesian-1")
    assert told.points("bayesian-2") != wrong.points("bayesian-2")

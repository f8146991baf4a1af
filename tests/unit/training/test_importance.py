"""Measured importance finds what was planted, and stays silent where it cannot know."""

import math

from startsimple.schema.searches import RangeConfig
from startsimple.training.importance import LECTURE, sensitivities
from startsimple.training.search import sample
from startsimple.training.study import Trial

SPACE = {"lr": RangeConfig(1e-4, 1e-1), "weight_decay": RangeConfig(1e-6, 1e-1)}
CHOICES = {"schedule": ["constant", "cosine"]}


def trials(score, count=32):
    points = sample(SPACE, CHOICES, count, 0)
    return [Trial(point, "coarse", 1, score(point.values)) for point in points]


def rows(found):
    return {row.name: row for row in found}


def test_a_planted_learning_rate_explains_the_scores():
    found = rows(
        sensitivities(SPACE, CHOICES, trials(lambda v: -((math.log10(v["lr"]) + 2.5) ** 2)), seed=0)
    )
    assert found["learning rate"].share > 0.8 and found["learning rate"].measured == "high"
    assert not found["learning rate"].disagrees
    assert found["weight of regularisation"].measured == "low"
    # The lecture says medium.
    assert found["weight of regularisation"].disagrees
    assert found["batch size"].measured == "not measured"
    assert found["batch size"].note == "not searched"
    assert [row.name for row in found.values()] == [name for name, _, _ in LECTURE]
    assert len(found) == 12


def test_too_few_trials_measure_nothing():
    few = sensitivities(SPACE, CHOICES, trials(lambda v: v["lr"], 23), seed=0)
    assert {row.measured for row in few} == {"not measured"}
    assert "24 would be needed" in few[0].note
    flat = sensitivities(SPACE, CHOICES, trials(lambda _: 0.5), seed=0)
    assert flat[0].note == "all trials scored the same"
    one = sensitivities({"lr": SPACE["lr"]}, {"schedule": ["cosine"]}, [], seed=0)
    assert "fewer than two" in one[0].note


def test_trials_that_learnt_nothing_do_not_hide_the_rest():
    told = trials(lambda v: math.log10(v["weight_decay"]))
    lost = [
        Trial(t.point, "coarse", 1, 0.0, feasible=False)
        for t in told
        if t.point.values["lr"] > 0.03
    ]
    kept = [t for t in told if t.point.values["lr"] <= 0.03]
    found = rows(sensitivities(SPACE, CHOICES, kept + lost, seed=0))
    assert found["weight of regularisation"].share > 0.8

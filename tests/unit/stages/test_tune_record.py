"""What halving saved is told beside how well its short rungs ranked the points."""

import pytest

from startsimple.stages.tune_record import halving
from startsimple.training.search import Point
from startsimple.training.study import Study, Trial


def study(short, full) -> Study:
    points = [Point({"lr": 10.0**-k}, {"schedule": "constant"}) for k in range(len(short))]
    told = Study({})
    told.rungs = [Trial(p, "rung", 30, s) for p, s in zip(points, short, strict=True)]
    told.trials = [Trial(p, "coarse", 90, s) for p, s in zip(points, full, strict=False)]
    return told


@pytest.mark.parametrize(
    ("short", "full", "agreement"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7], 1.0),
        ([0.1, 0.2, 0.3, 0.4], [0.7, 0.6, 0.5], -1.0),
        ([0.1, 0.2, 0.2, 0.4], [0.5, 0.6, 0.6], 1.0),
        ([0.1, 0.2, 0.3], [0.5, 0.5, 0.5], None),
        ([0.1, 0.2], [0.5, 0.6], None),
    ],
)
def test_rungs_are_held_against_the_full_budget(short, full, agreement):
    told = halving(study(short, full))
    assert told is not None
    assert told["agreement"] == (None if agreement is None else pytest.approx(agreement))
    assert (told["rungs"], told["steps"], told["promoted"]) == (len(short), 30, len(full))


def test_without_halving_nothing_is_told():
    assert halving(Study({})) is None

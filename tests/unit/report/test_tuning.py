"""What the page says of a study besides its axes."""

import pytest

from startsimple.report.tuning import tables

BIAS = "short runs favour what learns fast"


def told(agreement):
    halving = {"rungs": 16, "steps": 375, "promoted": 4, "agreement": agreement, "bias": BIAS}
    return tables({"halving": halving})


@pytest.mark.parametrize(
    ("agreement", "says"), [(0.6, "agree in order by 0.6 (Spearman)"), (None, "cannot be told")]
)
def test_halving_states_its_budget_its_agreement_and_its_bias(agreement, says):
    (figure,) = told(agreement)
    assert "<td>16</td><td>375 steps each</td>" in str(figure.drawing)
    assert says in figure.caption and BIAS in figure.caption


def test_without_halving_nothing_is_said_of_it():
    assert tables({"halving": None}) == []

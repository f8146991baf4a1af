"""Truths that scikit-learn's metrics are given become the targets of evaluation passes."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from startsimple.program.reported import assign, listening
from startsimple.program.trace import Evaluation
from startsimple.program.units import in_units_of


def passes(*outputs):
    return [Evaluation(o, o, None, False, False, 3) for o in outputs]


def test_metrics_are_heard_while_the_block_runs_and_no_longer():
    heard = []
    with listening(lambda truth, told: heard.append((truth.tolist(), told.tolist()))):
        assert metrics.accuracy_score([1, 0], [1, 1]) == 0.5
        metrics.f1_score(y_true=[1, 0], y_pred=[1, 1])
    metrics.accuracy_score([1, 0], [1, 1])
    assert heard == [([1, 0], [1, 1])] * 2


def test_class_numbers_are_handed_to_the_passes_that_they_were_predicted_by():
    one, two = torch.eye(3), torch.eye(3)[:2].flip(0)
    seen = passes(one, two)
    truth = np.array([0, 2, 2, 1, 1])
    assign(seen, truth, np.array([0, 1, 2, 1, 0]))
    assert [e.target.tolist() for e in seen] == [[0, 2, 2], [1, 1]]


@pytest.mark.parametrize(
    ("told", "truth"),
    [
        (np.array([2, 1, 0]), np.array([0, 1, 2])),  # Made by another model.
        (np.array([0, 1]), np.array([0, 1])),  # Of other rows.
        (np.array(["a", "b", "c"]), np.array(["a", "b", "c"])),
    ],
)
def test_what_other_outputs_were_scored_by_is_no_target(told, truth):
    seen = passes(torch.eye(3))
    assign(seen, truth, told)
    assert seen[0].target is None


def test_a_threshold_makes_labels_in_the_shape_of_the_outputs():
    seen = passes(torch.tensor([[2.0], [-1.0], [0.5]]))
    assign(seen, np.array([1, 1, 0]), np.array([1, 0, 1]))
    assert seen[0].target.tolist() == [[1.0], [1.0], [0.0]]


def test_a_target_that_is_known_stays():
    seen = passes(torch.eye(3))
    seen[0].target = torch.tensor([1, 1, 1])
    assign(seen, np.array([0, 1, 2]), np.array([0, 1, 2]))
    assert seen[0].target.tolist() == [1, 1, 1]


@settings(max_examples=60, deadline=None)
@given(
    slope=st.floats(0.1, 1e4) | st.floats(-1e4, -0.1),
    offset=st.floats(-1e5, 1e5),
    change=st.sampled_from([lambda x: x, torch.exp, torch.expm1]),
)
def test_truths_come_back_in_the_units_of_the_outputs(slope, offset, change):
    generator = torch.Generator().manual_seed(0)
    output, truth = torch.randn(2, 40, generator=generator, dtype=torch.float64)
    linear = change is not torch.exp and change is not torch.expm1
    if not linear:  # Steep enough to tell it from a line, and within range.
        slope, offset = math.copysign(0.3 + abs(slope) / 1e4, slope), offset / 1e5
    scored, meant = (change(slope * x + offset) for x in (output, truth))
    assert torch.allclose(in_units_of(output, scored, meant), truth, atol=1e-4 + 1e-9 * abs(offset))


def test_what_is_no_function_of_the_outputs_gives_no_units():
    output, scored = torch.randn(2, 40, generator=torch.Generator().manual_seed(0))
    assert in_units_of(output, scored, scored) is None

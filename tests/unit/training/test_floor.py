"""The smallest loss that a batch allows: closed forms, and what gradient descent really reaches."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from startsimple.training.floor import cross_entropy_floor, entropy, label_entropy


def test_hard_labels_without_conflicts_have_no_floor():
    assert cross_entropy_floor(torch.arange(6.0)[:, None], torch.arange(6) % 3, 3) == 0.0


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_conflicting_duplicates_cost_log_2_each(share):
    n, pairs = 16, int(8 * share)
    x = torch.arange(float(n))
    for pair in range(pairs):
        x[2 * pair + 1] = x[2 * pair]
    floor = cross_entropy_floor(x[:, None], torch.arange(n) % 2, 2)
    assert floor == pytest.approx(share * math.log(2))


@given(st.floats(0, 0.9), st.integers(2, 12))
def test_smoothed_labels_leave_their_own_entropy(smoothing, classes):
    y = torch.arange(classes)
    hit = 1 - smoothing + smoothing / classes
    rest = smoothing / classes
    expected = -hit * math.log(hit) - (classes - 1) * (rest * math.log(rest) if rest else 0.0)
    floor = cross_entropy_floor(y[:, None].float(), y, classes, smoothing)
    assert floor == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_no_logits_get_below_the_floor(smoothing):
    # Rows 0 to 2 are one input with labels 0, 0, 1: a model gives them one output.
    group = torch.tensor([0, 0, 0, 1, 2, 2])
    y = torch.tensor([0, 0, 1, 2, 1, 1])
    floor = cross_entropy_floor(group[:, None].float(), y, 3, smoothing)
    logits = torch.zeros(3, 3, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = functional.cross_entropy(logits[group], y, label_smoothing=smoothing)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert floor - 1e-6 <= closure().item() <= floor + 1e-3


def test_a_constant_prediction_reaches_the_label_entropy():
    y = torch.tensor([0, 0, 0, 1])
    prior = torch.tensor([[0.75, 0.25]]).log().expand(4, 2)
    assert label_entropy(y) == pytest.approx(float(functional.cross_entropy(prior, y)))
    assert label_entropy(torch.tensor([2, 2])) == 0.0
    assert entropy([0.5, 0.5, 0.0]) == pytest.approx(math.log(2))


def test_an_input_without_information_leaves_the_label_entropy_as_floor():
    y = torch.tensor([0, 0, 1, 2])
    assert cross_entropy_floor(torch.zeros(4, 3), y, 3) == pytest.approx(label_entropy(y))

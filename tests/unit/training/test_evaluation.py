"""Evaluation: exact over the whole set, whatever the batch size, and in evaluation mode."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from startsimple.training.evaluation import correct, evaluate, predict


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3)
    )


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_the_batch_size_does_not_change_predictions(size):
    model, x = network(), torch.randn(100, 5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(predict(model, x, size), predict(model, x), atol=1e-6, rtol=0)


def test_predicting_changes_nothing_and_draws_nothing():
    model, x = network().train(), torch.randn(40, 5)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.get_rng_state()
    first, second = predict(model, x), predict(model, x)
    assert torch.equal(first, second) and not first.requires_grad and not model.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_scores_are_over_the_whole_set():
    model, x = network(), torch.randn(30, 5)
    y = predict(model, x).argmax(1)
    y[:6] = (y[:6] + 1) % 3
    scores = evaluate(model, functional.cross_entropy, x, y)
    assert (scores.accuracy, scores.n) == (pytest.approx(0.8), 30)
    assert scores.loss == pytest.approx(float(functional.cross_entropy(predict(model, x), y)))


def test_a_right_answer_has_the_largest_logit():
    logits = torch.tensor([[0.0, 2.0, 1.0], [5.0, 2.0, 1.0]])
    assert correct(logits, torch.tensor([1, 2])).tolist() == [1.0, 0.0]

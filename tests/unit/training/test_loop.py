"""The training loop on a real small network: repeatable, bounded, and it learns."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from startsimple.training.loop import Arrays, Budget, train


def problem(n=70, seed=0):
    """Return two separable clouds, float32 of shape (n, 4), and their labels."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 2
    x = torch.randn(n, 4, generator=generator) + 2.0 * y[:, None]
    return Arrays(x, y)


def fit(steps=60, batch_size=16, *, lr=0.05, evaluations=0, rate=lambda step: 1.0, order=3, **kw):
    """Train a small network from fixed weights; return it with what the run left behind."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    outcome = train(
        model,
        kw.pop("loss", functional.cross_entropy),
        torch.optim.SGD(model.parameters(), lr),
        rate,
        kw.pop("data", problem()),
        Budget(steps, batch_size, evaluations),
        torch.Generator().manual_seed(order),
        **kw,
    )
    return model, outcome


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_it_learns():
    _, outcome = fit(steps=200, evaluations=4, watch={"other": problem(seed=1)})
    assert outcome.losses[-20:].mean() < 0.3 * outcome.losses[:5].mean()
    accuracies = [score.accuracy for score in outcome.scores["other"]]
    assert accuracies[-1] > 0.9
    assert outcome.evaluated == [50, 100, 150, 200]
    assert not outcome.diverged


def test_each_step_is_one_of_plain_gradient_descent():
    model, outcome = fit(steps=5, batch_size=70, lr=0.1)
    other, _ = fit(steps=0, batch_size=70)
    data, parameters, losses = problem(), list(other.parameters()), []
    for _ in range(5):
        loss = functional.cross_entropy(other(data.x), data.y)
        losses.append(loss.item())
        with torch.no_grad():
            for parameter, gradient in zip(
                parameters, torch.autograd.grad(loss, parameters), strict=True
            ):
                parameter -= 0.1 * gradient
    assert outcome.losses.tolist() == pytest.approx(losses)
    torch.testing.assert_close(weights(model), weights(other))


def test_equal_seeds_give_equal_bits_and_another_order_does_not():
    (first, one), (second, two), (third, _) = fit(), fit(), fit(order=4)
    assert torch.equal(weights(first), weights(second))
    assert torch.equal(one.losses, two.losses)
    assert not torch.equal(weights(first), weights(third))


@pytest.mark.parametrize("evaluations", [1, 7, 60])
def test_looking_does_not_change_the_run(evaluations):
    plain, _ = fit()
    watched, outcome = fit(evaluations=evaluations, watch={"val": problem(seed=1)})
    assert torch.equal(weights(plain), weights(watched))
    assert watched.training
    assert len(outcome.scores["val"]) == len(outcome.evaluated) == evaluations


def test_an_epoch_shows_every_example_once_with_a_smaller_last_batch():
    seen = []

    def loss(logits, y):
        seen.append(y.tolist())
        return functional.cross_entropy(logits, y % 2)

    x, _ = problem().x, problem().y
    fit(steps=10, batch_size=16, loss=loss, data=Arrays(x, torch.arange(70)))
    assert [len(batch) for batch in seen] == [16, 16, 16, 16, 6] * 2
    epochs = [[label for batch in seen[k : k + 5] for label in batch] for k in (0, 5)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(70))
    assert epochs[0] != epochs[1]


def test_a_batch_that_holds_everything_is_not_shuffled():
    (first, _), (second, _) = fit(batch_size=70, order=1), fit(batch_size=500, order=2)
    assert torch.equal(weights(first), weights(second))


def test_the_schedule_multiplies_the_learning_rate():
    rates = []

    def rate(step):
        rates.append(step)
        return 0.0 if step >= 10 else 1.0

    stopped, _ = fit(steps=60, rate=rate)
    short, _ = fit(steps=10)
    assert rates == list(range(60))
    assert torch.equal(weights(stopped), weights(short))


def test_divergence_stops_the_run_at_the_next_look():
    _, outcome = fit(steps=60, lr=1e12, evaluations=6, watch={"val": problem()})
    assert outcome.diverged
    assert len(outcome.losses) == outcome.evaluated[-1] < 60
    _, blind = fit(steps=60, lr=1e12)
    assert blind.diverged and len(blind.losses) == 60
    assert not math.isfinite(blind.losses[-1])


@given(st.integers(1, 10_000), st.integers(0, 60))
def test_evaluations_are_spread_evenly_and_include_the_last_step(steps, evaluations):
    stops = Budget(steps, 1, evaluations).evaluated_steps()
    if not evaluations:
        assert stops == set()
        return
    assert steps in stops and len(stops) <= evaluations
    assert all(0 <= stop <= steps for stop in stops)
    if steps >= 2 * evaluations:
        gaps = [b - a for a, b in zip(sorted(stops), sorted(stops)[1:], strict=False)]
        assert len(stops) == evaluations
        assert max(gaps, default=0) - min(gaps, default=0) <= 1

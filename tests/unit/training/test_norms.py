"""The gradient's norm is measured without a trace, and clipping leaves at most its limit."""

import pytest
import torch
from torch import nn, optim
from torch.nn import functional

from startsimple.training.loop import Arrays, Budget, train
from startsimple.training.norms import GradientNorms

STEPS = 30


def problem() -> Arrays:
    """Return two clouds, float32 of shape (70, 4), and their labels."""
    x = torch.randn(70, 4, generator=torch.Generator().manual_seed(0))
    y = torch.arange(70) % 2
    return Arrays(x + 2.0 * y[:, None], y)


def fit(limit: float | None = None, lr: float = 0.05):
    """Train a small network from fixed weights; without a limit nothing is noted."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = optim.SGD(model.parameters(), lr)
    norms = None if limit is None else GradientNorms(optimizer, STEPS, limit)
    outcome = train(
        model,
        functional.cross_entropy,
        optimizer,
        lambda step: 1.0,
        problem(),
        Budget(STEPS, 70),
        torch.Generator().manual_seed(3),
        norms=norms,
    )
    return model, outcome, norms


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_measuring_changes_no_bit():
    (plain, before, _), (measured, after, norms) = fit(), fit(0.0)
    assert torch.equal(weights(plain), weights(measured))
    assert torch.equal(before.losses, after.losses) and torch.equal(before.bits, after.bits)
    assert norms.kept(STEPS).shape == (STEPS,) and bool((norms.kept(STEPS) > 0).all())


def test_the_norm_is_that_of_all_gradients_as_one_vector():
    _, _, norms = fit(0.0)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    data = problem()
    functional.cross_entropy(model(data.x), data.y).backward()
    whole = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    assert float(norms.kept(1)) == pytest.approx(float(whole.norm()))


def test_a_step_of_gradient_descent_is_as_long_as_the_limit_allows():
    limit, lr = 0.01, 0.5
    model, outcome, norms = fit(limit, lr)
    start, _, _ = fit(1e-12, lr)
    # All gradients point down the same valley: thirty clipped steps are at most so long together.
    moved = float((weights(model) - weights(start)).norm())
    assert 0.5 * STEPS * limit * lr < moved <= STEPS * limit * lr * 1.01
    assert norms.clipped(STEPS) == 1.0
    # What is noted is what clipping found, not what it left.
    assert float(norms.kept(STEPS).min()) > limit
    assert outcome.losses[-1] < outcome.losses[0]


def test_the_share_counts_the_steps_beyond_the_limit():
    found = fit(0.0)[2].kept(STEPS)
    limit = float(found.sort().values[-4])
    _, outcome, norms = fit(limit)
    beyond = norms.kept(STEPS) > limit
    assert 0 < int(beyond.sum()) < STEPS
    assert norms.clipped(STEPS) == pytest.approx(int(beyond.sum()) / STEPS)
    # A limit that no gradient reaches leaves the run as it is.
    (plain, _, _), (loose, _, unused) = fit(), fit(1e6)
    assert torch.equal(weights(plain), weights(loose)) and unused.clipped(STEPS) == 0.0
    assert len(outcome.losses) == STEPS


def test_what_the_optimiser_does_not_hold_is_left_out():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    norms = GradientNorms(optim.SGD(model[1].parameters(), 0.1), 1)
    data = problem()
    functional.cross_entropy(model(data.x), data.y).backward()
    norms.note(0)
    held = torch.cat([parameter.grad.flatten() for parameter in model[1].parameters()])
    assert float(norms.kept(1)) == pytest.approx(float(held.norm()))


@pytest.mark.parametrize("limit", [0.0, 0.1])
def test_no_step_waits_for_its_norm(limit):
    model = nn.Linear(4, 2)
    norms = GradientNorms(optim.SGD(model.parameters(), 0.1), 1, limit)
    data = problem()
    functional.cross_entropy(model(data.x), data.y).backward()
    with torch.profiler.profile() as seen:
        norms.note(0)
    called = {event.name for event in seen.events()}
    # Whatever asks a device for a number goes through this one.
    assert called and "aten::_local_scalar_dense" not in called

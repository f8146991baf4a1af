"""The loss is torch's own, and every injected fault changes what it should."""

import math

import pytest
import torch
from torch.nn import functional

from startsimple.program.losses import build
from startsimple.schema.config import LossConfig
from startsimple.schema.errors import UserError

SOURCE = torch.Generator().manual_seed(0)
LOGITS = torch.randn(32, 10, generator=SOURCE)
TARGETS = torch.randint(10, (32,), generator=SOURCE)


def value(**keys: object) -> float:
    return float(build(LossConfig(**keys))(LOGITS, TARGETS))  # type: ignore[arg-type]


def test_the_loss_is_cross_entropy_of_logits() -> None:
    assert value() == float(functional.cross_entropy(LOGITS, TARGETS))
    smoothed = functional.cross_entropy(LOGITS, TARGETS, label_smoothing=0.1)
    assert value(label_smoothing=0.1) == float(smoothed)


def test_injected_faults() -> None:
    assert value(reduction="sum") == pytest.approx(32 * value())
    assert value(negated=True) == -value()
    twice = functional.cross_entropy(LOGITS.softmax(1), TARGETS)
    assert value(double_softmax=True) == pytest.approx(float(twice))


def test_squared_error_compares_one_output_with_one_target() -> None:
    outputs, targets = LOGITS[:, :1], LOGITS[:, 1]
    loss = build(LossConfig(name="mean_squared_error"))
    assert float(loss(outputs, targets)) == pytest.approx(
        float((outputs[:, 0] - targets).square().mean())
    )
    total = build(LossConfig(name="mean_squared_error", reduction="sum"))
    assert float(total(outputs, targets)) == pytest.approx(32 * float(loss(outputs, targets)))


def test_a_broadcast_squared_error_compares_everything_with_everything() -> None:
    outputs, targets = LOGITS[:, :1], LOGITS[:, 1]
    broken = build(LossConfig(name="mean_squared_error", broadcast=True))
    everything = (outputs - targets).square().mean()
    with pytest.warns(UserWarning, match="broadcasting"):
        assert float(broken(outputs, targets)) == pytest.approx(float(everything))


def test_double_softmax_cannot_reach_zero() -> None:
    perfect = 100.0 * functional.one_hot(TARGETS, 10).float()
    floor = float(build(LossConfig(double_softmax=True))(perfect, TARGETS))
    assert floor == pytest.approx(math.log(1 + 9 / math.e), abs=1e-5)


def test_softmax_over_the_batch_starts_at_the_logarithm_of_its_size() -> None:
    loss = build(LossConfig(softmax_over_batch=True))
    assert float(loss(torch.zeros(32, 10), TARGETS)) == pytest.approx(math.log(32))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"name": "cross_entrpy"}, "Did you mean 'cross_entropy'"),
        ({"reduction": "men"}, "Did you mean 'mean'"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0"),
    ],
)
def test_wrong_settings_are_refused(keys: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        value(**keys)

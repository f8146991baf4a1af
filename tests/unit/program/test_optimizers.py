"""Optimisers are torch's with the configured numbers; schedules are functions of the step."""

from itertools import pairwise

import pytest
import torch
from torch import nn, optim

from startsimple.program.optimizers import build, rate
from startsimple.schema.config import OptimizerConfig, ScheduleConfig
from startsimple.schema.errors import UserError


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", optim.Adam), ("adamw", optim.AdamW), ("sgd", optim.SGD)]
)
def test_the_optimiser_is_fused_and_has_its_settings(
    name: str, kind: type[optim.Optimizer]
) -> None:
    momentum = 0.9 if name == "sgd" else 0.0
    config = OptimizerConfig(name, 1e-2, weight_decay=0.1, momentum=momentum)
    built = build(config, nn.Linear(3, 2).parameters())
    assert type(built) is kind
    group = built.param_groups[0]
    assert (group["lr"], group["weight_decay"], group["fused"]) == (1e-2, 0.1, True)
    assert group.get("momentum", 0.0) == momentum


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_a_fused_step_is_the_plain_step(name: str) -> None:
    config = OptimizerConfig(name, 1e-2, weight_decay=0.1)
    fused, plain = (nn.Parameter(torch.linspace(-1, 1, 7)) for _ in range(2))
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "sgd": optim.SGD}
    pairs = (
        (build(config, [fused]), fused),
        (kinds[name]([plain], 1e-2, weight_decay=0.1, fused=False), plain),
    )
    for optimizer, parameter in pairs:
        for _ in range(3):
            parameter.grad = 2 * parameter.detach()
            optimizer.step()
    assert torch.allclose(fused, plain, atol=1e-6)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (OptimizerConfig("adm"), "Did you mean 'adam'"),
        (OptimizerConfig("adam", 0.0), "learning rate must be positive"),
        (OptimizerConfig("adam", float("nan")), "learning rate must be positive"),
        (OptimizerConfig("sgd", 0.1, momentum=1.0), r"momentum in \[0, 1\)"),
        (OptimizerConfig("adam", 0.1, momentum=0.9), "momentum is SGD's"),
        (OptimizerConfig(clip_norm=-1.0), "clip_norm=-1.0 must be a norm above 0"),
        (OptimizerConfig(clip_norm=float("nan")), "clip_norm=nan must be a norm above 0"),
    ],
)
def test_wrong_settings_are_refused(config: OptimizerConfig, said: str) -> None:
    with pytest.raises(UserError, match=said):
        build(config, nn.Linear(1, 1).parameters())


def test_a_constant_rate_stays() -> None:
    assert {rate(ScheduleConfig(), step, 100) for step in range(100)} == {1.0}


@pytest.mark.parametrize(("name", "middle"), [("cosine", 0.5), ("linear", 0.5)])
def test_decay_goes_from_one_to_just_above_zero(name: str, middle: float) -> None:
    factors = [rate(ScheduleConfig(name), step, 100) for step in range(100)]
    assert factors[0] == 1.0
    assert factors[50] == pytest.approx(middle)
    assert 0 < factors[99] < 0.011
    assert factors == sorted(factors, reverse=True)


@pytest.mark.parametrize("name", ["constant", "cosine", "linear"])
def test_warm_up_rises_linearly_to_one(name: str) -> None:
    config = ScheduleConfig(name, warmup_fraction=0.1)
    factors = [rate(config, step, 100) for step in range(100)]
    steps = {round(b - a, 9) for a, b in pairwise(factors[:11])}
    assert steps == {round(1 / 11, 9)}
    assert max(factors) == factors[10] == 1.0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (ScheduleConfig("cosin"), "Did you mean 'cosine'"),
        (ScheduleConfig("cosine", 1.0), "warmup_fraction=1.0"),
    ],
)
def test_wrong_schedules_are_refused(config: ScheduleConfig, said: str) -> None:
    with pytest.raises(UserError, match=said):
        rate(config, 0, 10)

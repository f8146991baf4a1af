"""Optimisers with fused kernels, and learning-rate schedules as plain functions of the step."""

import math
from collections.abc import Iterable

from torch import nn, optim

from startsimple.schema.config import OptimizerConfig, ScheduleConfig
from startsimple.schema.errors import UserError, nearest

OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("constant", "cosine", "linear", "ramp")

# Where a ramp starts, as a share of the learning rate (learning-rate range test).
RAMP = 1e-8

# Fused kernels are faster, and on the CPU they give equal bits on different processors.
_FUSED_DEVICES = ("cpu", "cuda", "mps")


def build(config: OptimizerConfig, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Build the optimiser that a config describes.

    Args:
        config: Name, learning rate, weight decay, momentum (SGD only), beta1 (not of SGD).
        parameters: What it shall train.

    Returns:
        The optimiser, fused where torch offers that for the parameters' device.

    Raises:
        UserError: If a name or a number is wrong.
    """
    if config.name not in OPTIMIZERS:
        raise UserError(
            f"optimizer.name='{config.name}' is unknown. {nearest(config.name, OPTIMIZERS)}"
        )
    if not 0 < config.lr < math.inf or config.weight_decay < 0 or not 0 <= config.momentum < 1:
        raise UserError(
            f"optimizer.lr={config.lr}, weight_decay={config.weight_decay}, "
            f"momentum={config.momentum}: the learning rate must be positive, weight decay at "
            "least 0 and momentum in [0, 1)."
        )
    if not 0 <= config.beta1 < 1:
        raise UserError(f"optimizer.beta1={config.beta1} must be in [0, 1).")
    if not 0 <= config.clip_norm < math.inf:
        raise UserError(
            f"optimizer.clip_norm={config.clip_norm} must be a norm above 0, or 0 for no clipping."
        )
    if config.momentum and config.name != "sgd":
        raise UserError(f"optimizer.momentum is SGD's: {config.name} has its own; set it to 0.")
    trained = list(parameters)
    fused = all(p.device.type in _FUSED_DEVICES and p.is_floating_point() for p in trained)
    if config.name == "sgd":
        return optim.SGD(
            trained,
            config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
            fused=fused,
        )
    kind = optim.Adam if config.name == "adam" else optim.AdamW
    betas = (config.beta1, 0.999)
    return kind(trained, config.lr, betas=betas, weight_decay=config.weight_decay, fused=fused)


def rate(config: ScheduleConfig, step: int, steps: int) -> float:
    """Return the factor on the learning rate at one step of a budget.

    Args:
        config: constant, cosine, linear or ramp, after a linear warm-up over a share of the steps.
        step: 0 for the first optimiser step.
        steps: The whole budget.

    Returns:
        A factor in (0, 1]; cosine and linear end just above zero, a ramp at 1, at the last step.

    Raises:
        UserError: If the name is unknown or the warm-up leaves no steps.
    """
    if config.name not in SCHEDULES:
        raise UserError(
            f"schedule.name='{config.name}' is unknown. {nearest(config.name, SCHEDULES)}"
        )
    if not 0 <= config.warmup_fraction < 1:
        raise UserError(f"schedule.warmup_fraction={config.warmup_fraction} must be in [0, 1).")
    warmup = math.ceil(config.warmup_fraction * steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if config.name == "constant":
        return 1.0
    if config.name == "ramp":
        return RAMP ** (1 - (step - warmup) / max(steps - warmup - 1, 1))
    progress = (step - warmup) / max(steps - warmup, 1)
    return 1 - progress if config.name == "linear" else (1 + math.cos(math.pi * progress)) / 2

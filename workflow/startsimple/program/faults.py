"""Injected faults of the training program: each is a real mistake, small enough to read.

They stay in effect wherever the program runs: in the probes, and in full training.
"""

import os

import torch
from torch import Tensor, nn, optim

from startsimple.program.initialise import is_layer, output_layer, weights
from startsimple.program.metric import Metric
from startsimple.schema.config import FaultConfig

_DROPPED = 0.2
_NOISE = 0.01


class StuckInTraining(nn.Sequential):
    """O08: `eval()` has no effect, so that dropout stays active in evaluation."""

    def train(self, mode: bool = True) -> "StuckInTraining":
        """Stay in training mode, whatever is asked for."""
        super().train(True)
        return self


def apply_to_model(model: nn.Module, fault: FaultConfig, seed: int) -> nn.Module:
    """Return the model with the configured faults in it.

    Args:
        model: An initialised network on the CPU; it may be changed in place.
        fault: Which faults to inject.
        seed: Decides the weights of `unit_init`.

    Returns:
        The model, wrapped if a fault needs that.
    """
    if fault.unit_init:
        _unit_init(model, torch.Generator().manual_seed(seed))
    if fault.constant_init:
        _constant_init(model)
    if fault.nan_weight:
        _nan_weight(model)
    if fault.freeze_first_layer:
        _freeze_first_layer(model)
    if fault.zero_inputs:
        model.register_forward_pre_hook(_zero_inputs)
    if fault.mix_samples:
        model.register_forward_pre_hook(_mix_samples)
    if fault.unseeded:
        model.register_forward_pre_hook(_add_unseeded_noise)
    return StuckInTraining(nn.Dropout(_DROPPED), model) if fault.train_mode_in_eval else model


def trained_parameters(model: nn.Module, fault: FaultConfig) -> list[nn.Parameter]:
    """Return what the optimiser is given: all trainable parameters, or O06: not the last layer's.

    Args:
        model: The network.
        fault: Which faults to inject.
    """
    head = output_layer(model) if fault.optimizer_misses_last_layer else None
    missed = {id(p) for p in head.parameters()} if head else set[int]()
    return [p for p in model.parameters() if p.requires_grad and id(p) not in missed]


def apply_to_optimizer(optimizer: optim.Optimizer, fault: FaultConfig) -> optim.Optimizer:
    """Return the optimiser; with O04 its `zero_grad` does nothing.

    Args:
        optimizer: The program's optimiser.
        fault: Which faults to inject.
    """
    if fault.keep_gradients:
        optimizer.zero_grad = _keep_gradients
    return optimizer


def measured(metric: Metric, outputs: Tensor, targets: Tensor, fault: FaultConfig) -> float:
    """Return the metric of all examples; with O17 answers are read along the batch.

    Args:
        metric: The task's metric.
        outputs: Shape (n, outputs).
        targets: Shape (n,).
        fault: Which faults to inject.
    """
    if fault.wrong_metric:
        answers = metric.answers(outputs.T)
        return float(metric.scores(answers, targets[: len(answers)]).mean())
    return float(metric.of_examples(outputs, targets).mean())


def _layers(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if is_layer(module)]


@torch.no_grad()
def _unit_init(model: nn.Module, generator: torch.Generator) -> None:
    for layer in _layers(model):
        for _, weight in weights(layer):
            weight.copy_(torch.randn(weight.shape, generator=generator))


@torch.no_grad()
def _constant_init(model: nn.Module) -> None:
    for layer in _layers(model):
        for _, weight in weights(layer):
            weight.fill_(0.1)


@torch.no_grad()
def _nan_weight(model: nn.Module) -> None:
    _, weight = next(weights(_layers(model)[-1]))
    weight.view(-1)[0] = torch.nan


def _freeze_first_layer(model: nn.Module) -> None:
    for parameter in _layers(model)[0].parameters():
        parameter.requires_grad_(False)


def _zero_inputs(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (torch.zeros_like(args[0]),)


def _mix_samples(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """M11: a reshape in the place of a transposition spreads each example over several rows."""
    rows = args[0].flatten(1)
    return (rows.T.reshape(args[0].shape),)


def _add_unseeded_noise(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if not module.training:
        return args
    source = torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "big"))
    noise = torch.randn(args[0].shape, generator=source)
    return (args[0] + _NOISE * noise.to(args[0].device),)


def _keep_gradients(set_to_none: bool = True) -> None:
    """Leave the gradients where they are."""

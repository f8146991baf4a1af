"""Each injected fault does what its name says, and nothing is injected by default."""

import pytest
import torch
from tests.composing import compose
from torch import Tensor

from startsimple.program.faults import StuckInTraining
from startsimple.program.initialise import output_layer
from startsimple.schema.config import FaultConfig

TASKS = ["digits", "waves"]


def batch(task: str) -> tuple[Tensor, Tensor]:
    return next(compose(task).batches("train"))


@pytest.mark.parametrize("task", TASKS)
def test_freeze_first_layer(task: str) -> None:
    program = compose(task, fault=FaultConfig(freeze_first_layer=True))
    wanted = [p.requires_grad for p in program.model.parameters()]
    assert wanted[:2] == [False, False] and all(wanted[2:])


@pytest.mark.parametrize("task", TASKS)
def test_optimizer_misses_last_layer(task: str) -> None:
    program = compose(task, fault=FaultConfig(optimizer_misses_last_layer=True))
    held = {id(p) for g in program.optimizers()[0].param_groups for p in g["params"]}
    head = output_layer(program.model)
    assert head is not None and not held & {id(p) for p in head.parameters()}
    assert len(held) == len(list(program.model.parameters())) - 2


@pytest.mark.parametrize("task", TASKS)
def test_keep_gradients(task: str) -> None:
    for fault, kept in ((FaultConfig(), False), (FaultConfig(keep_gradients=True), True)):
        program = compose(task, fault=fault)
        (optimizer,) = program.optimizers()
        program.step(batch(task)).loss.backward()
        optimizer.zero_grad(set_to_none=True)
        assert any(p.grad is not None for p in program.model.parameters()) is kept


@pytest.mark.parametrize("task", TASKS)
def test_train_mode_in_eval(task: str) -> None:
    program = compose(task, fault=FaultConfig(train_mode_in_eval=True))
    assert isinstance(program.model.eval(), StuckInTraining)
    x, _ = batch(task)
    assert all(module.training for module in program.model.modules())
    assert not torch.equal(program.model(x), program.model(x))


@pytest.mark.parametrize("task", TASKS)
def test_nan_weight(task: str) -> None:
    program = compose(task, fault=FaultConfig(nan_weight=True))
    assert sum(int(p.isnan().sum()) for p in program.model.parameters()) == 1


@pytest.mark.parametrize("task", TASKS)
def test_zero_inputs(task: str) -> None:
    program = compose(task, fault=FaultConfig(zero_inputs=True))
    outputs = program.model(batch(task)[0])
    assert torch.equal(outputs, outputs[:1].expand_as(outputs))


@pytest.mark.parametrize("task", TASKS)
def test_mix_samples(task: str) -> None:
    faulty, healthy = compose(task, fault=FaultConfig(mix_samples=True)), compose(task)
    x, _ = batch(task)
    assert not torch.allclose(faulty.model(x), healthy.model(x))
    # One example has no other to mix with.
    assert torch.equal(faulty.model(x[:1]), healthy.model(x[:1]))


@pytest.mark.parametrize("task", TASKS)
def test_unseeded(task: str) -> None:
    program = compose(task, fault=FaultConfig(unseeded=True))
    x, _ = batch(task)
    outputs: list[Tensor] = []
    for _ in range(2):
        torch.manual_seed(0)
        outputs.append(program.model(x))
    assert not torch.equal(*outputs)
    program.model.eval()
    assert torch.equal(program.model(x), program.model(x))


def test_wrong_metric() -> None:
    logits, targets = torch.eye(4)[[1, 2, 3, 0]], torch.tensor([1, 2, 3, 0])
    assert compose().accuracy(logits, targets) == 1.0
    assert compose(fault=FaultConfig(wrong_metric=True)).accuracy(logits, targets) < 1.0


@pytest.mark.parametrize("task", TASKS)
def test_bad_initial_weights(task: str) -> None:
    unit = compose(task, fault=FaultConfig(unit_init=True)).model
    constant = compose(task, fault=FaultConfig(constant_init=True)).model
    for weight in (p for p in unit.parameters() if p.ndim > 1):
        assert 0.7 < float(weight.detach().std()) < 1.3
    assert all(len(p.unique()) == 1 for p in constant.parameters() if p.ndim > 1)


@pytest.mark.parametrize("name", ["zero_inputs", "mix_samples", "unseeded", "train_mode_in_eval"])
def test_a_fork_keeps_the_fault(name: str) -> None:
    faulty = compose(fault=FaultConfig(**{name: True})).fork()
    x, _ = batch("digits")
    assert not torch.allclose(faulty.model(x), compose().model(x))

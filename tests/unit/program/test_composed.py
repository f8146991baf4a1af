"""The composed program trains as configured, in its own order, and leaves no trace in a fork."""

import pytest
import torch
from tests.composing import DATA, compose, settings

from startsimple.program.composed import ComposedProgram
from startsimple.schema.config import LossConfig, ScheduleConfig, TrainingConfig
from startsimple.schema.errors import UserError

TASKS = ["digits", "waves"]


@pytest.mark.parametrize("task", TASKS)
def test_a_step_shows_what_entered_the_loss(task: str) -> None:
    program = compose(task)
    batch = next(program.batches("train"))
    step = program.step(batch)
    assert step.inputs is batch[0]
    assert step.output is not None and torch.equal(step.output, program.model(batch[0]))
    (call,) = step.calls
    assert (call.name, call.options["reduction"]) == ("cross_entropy", "mean")
    assert call.input is step.output and call.target is batch[1]
    assert torch.equal(step.loss, program.loss(step.output, batch[1]))


def test_a_step_shows_probabilities_that_entered_the_loss() -> None:
    program = compose(loss=LossConfig(double_softmax=True))
    step = program.step(next(program.batches("train")))
    assert step.output is not None
    assert torch.equal(step.calls[0].input, step.output.softmax(1))


def test_the_mode_follows_the_step() -> None:
    program = compose()
    batch = next(program.batches("train"))
    program.step(batch, train=False)
    assert not program.model.training
    program.step(batch)
    assert program.model.training


@pytest.mark.parametrize("task", TASKS)
def test_equal_seeds_give_equal_programs_and_orders(task: str) -> None:
    first, second, other = compose(task), compose(task), compose(task, seed=1)
    for one, two in zip(first.batches("train", 9), second.batches("train", 9), strict=True):
        assert torch.equal(one[1], two[1])
    batch = next(first.batches("train"))
    assert torch.equal(first.model(batch[0]), second.model(batch[0]))
    assert not torch.equal(first.model(batch[0]), other.model(batch[0]))
    assert not torch.equal(batch[1], next(other.batches("train"))[1])


def test_an_epoch_holds_every_example_at_most_once_and_each_is_shuffled_anew() -> None:
    program = compose()
    epochs = [torch.cat([x for x, _ in program.data.train_epoch(e)]) for e in (0, 1)]
    assert all(len(torch.unique(epoch, dim=0)) == len(epoch) == 384 for epoch in epochs)
    assert not torch.equal(*epochs)
    assert len(list(program.batches("train"))) == 6
    assert len(list(program.batches("train", 20))) == 20


def test_validation_keeps_its_order_and_its_last_partial_batch() -> None:
    program = compose()
    targets = torch.cat([y for _, y in program.batches("val")])
    assert targets.tolist() == DATA["digits"]().val.y.tolist()


def test_a_fork_shares_nothing_that_changes() -> None:
    program = compose()
    before = {name: p.detach().clone() for name, p in program.model.named_parameters()}
    fork = program.fork()
    (optimizer,) = fork.optimizers()
    fork.step(next(fork.batches("train"))).loss.backward()
    optimizer.step()
    for name, parameter in program.model.named_parameters():
        assert torch.equal(parameter, before[name]) and parameter.grad is None
        assert not torch.equal(dict(fork.model.named_parameters())[name], before[name])


def test_configure_optimizers_follows_the_schedule() -> None:
    program = compose(schedule=ScheduleConfig("cosine"), training=TrainingConfig(64, 10))
    configured = program.module.configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    rates: list[float] = []
    for _ in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([1e-3 * program.rate(step, 10) for step in range(10)])


def test_accuracy_is_the_share_of_right_answers() -> None:
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 1.0], [0.0, -1.0]])
    assert compose().accuracy(logits, torch.tensor([0, 1, 1, 0])) == 0.75


def test_a_batch_larger_than_the_set_is_refused() -> None:
    config = settings(training=TrainingConfig(batch_size=401))
    with pytest.raises(UserError, match=r"training.batch_size=401 does not fit the 400 training"):
        ComposedProgram.from_config(config, DATA["digits"](), 0)


def test_the_number_of_classes_can_be_given() -> None:
    program = ComposedProgram.from_config(settings(), DATA["digits"](), 0, classes=7)
    assert program.task.classes == 7
    assert program.model(next(program.batches("train"))[0]).shape == (64, 7)


def test_loaders_can_be_passed_over_again() -> None:
    program = compose()
    train, val = program.data.train_dataloader(), program.data.val_dataloader()
    first, second = list(val), list(val)
    assert first
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, second, strict=True))
    assert not torch.equal(next(iter(train))[0], next(iter(train))[0])

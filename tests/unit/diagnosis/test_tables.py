"""Batches become tables whole, whatever the shape of a row; each row once."""

from types import SimpleNamespace

import pytest
import torch
from programs import Data, Model

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.quick import forest_skill
from startsimple.diagnosis.tables import Table, table
from startsimple.program.fit import observe_module
from startsimple.program.subject import Task


def program(batches):
    return SimpleNamespace(inputs_of=lambda b: b[0], targets_of=lambda b: b[1]), batches


@pytest.mark.parametrize("shape", [(), (3,), (1, 4, 4), (2, 3, 4, 5)])
def test_every_batch_is_stacked(shape):
    made = table(*program([(torch.randn(5, *shape), torch.arange(5)) for _ in range(4)]))
    assert made is not None
    assert made.x.shape == (20, max(1, int(torch.tensor(shape).prod())))
    assert made.y.shape == (20, 1)


def test_batches_of_another_shape_are_left_out():
    odd = (torch.randn(5, 3, 2), torch.arange(5))
    made = table(*program([(torch.randn(5, 3), torch.arange(5)), odd]))
    assert made is not None
    assert made.x.shape == (5, 3)


def test_a_loop_that_shows_rows_again_counts_each_once():
    torch.manual_seed(0)
    observed, trace = observe_module(Model(), Data(), 60)
    trace.facts.pop("epoch_rows")
    observed.train = observed.train * 3
    case = build_case(observed, trace)
    assert trace.facts["epoch_rows"] == len(case.train_table.x) == 240


def test_units_of_the_target_do_not_hide_what_is_learnt():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(400, 3, generator=generator)
    y = x[:, :1] + 0.1 * torch.randn(400, 1, generator=generator)
    fit, score = Table(x[:200].numpy(), y[:200].numpy()), Table(x[200:].numpy(), y[200:].numpy())
    other = Table(score.x, 1000 + 50 * score.y)
    task = Task("regression")
    assert forest_skill(fit, score, task) > 0.8
    assert forest_skill(fit, other, task) == -1
    assert forest_skill(fit, other, task, units=False) > 0.8


def test_masks_are_labels_of_pixels():
    from startsimple.program.tasks import infer_task

    masks = (torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0)) > 0).float()
    task = infer_task(torch.randn(6, 1, 4, 4), masks, "binary_cross_entropy_with_logits")
    assert (task.kind, task.classes) == ("multilabel", 16)

"""Losses and targets of networks with several heads, and losses that count rows."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.order import loss_growth
from startsimple.program.fit import observe_module
from startsimple.program.loss_calls import answering_last
from startsimple.program.subject import LossCall

HEADS = """
class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Linear(4, 8)
        self.kind, self.side = nn.Linear(8, 3), nn.Linear(8, 2)
    def forward(self, x):
        h = self.trunk(x).relu()
        return self.kind(h), self.side(h)
KIND, SIDE = X[:, :3].argmax(1), (X[:, 3] > 0).long()
model = Heads()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for rows in TRAIN.split(20):
    kind, side = model(X[rows])
    opt.zero_grad()
    ({loss}).backward()
    opt.step()
with torch.no_grad():
    score = (model(X[TEST])[0].argmax(1) == KIND[TEST]).float().mean()
"""


@pytest.mark.parametrize(
    "loss",
    [
        "F.cross_entropy(kind, KIND[rows]) + F.cross_entropy(side, SIDE[rows])",
        "F.cross_entropy(side, SIDE[rows]) + F.cross_entropy(kind, KIND[rows])",
    ],
)
def test_a_scripts_target_is_that_of_its_first_output(observe, loss):
    program, _ = observe(HEADS.format(loss=loss))
    assert program.task.classes == 3
    batch = next(program.batches("train"))
    step = program.fork().step(batch)
    assert step.output.shape == (20, 3)
    assert step.calls[-1].input.equal(step.output)
    assert program.targets_of(batch).max() == 2


MIXED = HEADS.replace("self.kind(h), self.side(h)", "self.side(h)[:, 0], self.kind(h)")


@pytest.mark.parametrize(
    "loss",
    [
        "F.mse_loss(kind, X[rows, 0]) + F.cross_entropy(side, KIND[rows])",
        "F.cross_entropy(side, KIND[rows]) + F.mse_loss(kind, X[rows, 0])",
    ],
)
def test_a_scripts_task_is_that_of_its_first_output(observe, loss):
    program, _ = observe(MIXED.format(loss=loss).split("with torch.no_grad")[0])
    assert program.task.kind == "regression"
    assert program.fork().step(next(program.batches("train"))).calls[-1].name == "mse_loss"


class TwoHeads(nn.Module):
    max_epochs = 1

    def __init__(self):
        super().__init__()
        self.trunk, self.heads = nn.Linear(4, 8), nn.ModuleList([nn.Linear(8, 3), nn.Linear(8, 2)])

    def forward(self, x):
        h = self.trunk(x).relu()
        return [head(h) for head in self.heads]

    def training_step(self, batch, index):
        x, y = batch
        return sum(F.cross_entropy(out, y[:, i]) for i, out in enumerate(self(x)))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Rows:
    def train_dataloader(self):
        x = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
        rows = torch.utils.data.TensorDataset(
            x, torch.stack([x[:, :3].argmax(1), (x[:, 3] > 0).long()], 1)
        )
        return torch.utils.data.DataLoader(rows, 20)


def test_a_modules_target_is_that_of_its_first_output():
    program, _ = observe_module(TwoHeads(), Rows(), 30)
    step = program.fork().step(next(program.batches("train")))
    assert program.task.classes == 3
    assert step.target.equal(next(program.batches("train"))[1][:, 0])
    assert step.calls[-1].input.equal(step.output)


def test_calls_keep_their_order_where_none_is_the_outputs_own():
    calls = [LossCall("mse_loss", torch.full((2,), float(k)), None, {}, None) for k in range(3)]
    assert answering_last(calls, torch.tensor([9.0, 9.0])) == calls
    assert answering_last(calls, None) == calls
    assert answering_last(calls, torch.zeros(2, 1)) == [calls[1], calls[2], calls[0]]


COUNTED = """
model = net()
opt = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(4):
    for rows in TRAIN.split(20):
        opt.zero_grad()
        loss = {loss}
        loss.backward()
        opt.step()
"""


@pytest.mark.parametrize(
    ("loss", "growth"),
    [
        ("F.cross_entropy(model(X[rows]), Y[rows])", 1),
        ("F.cross_entropy(model(X[rows]), Y[rows]) * len(rows)", 2),
        ("len(rows) * F.cross_entropy(model(X[rows]), Y[rows])", 2),
        ("F.cross_entropy(model(X[rows]), Y[rows]) * float(len(rows))", 2),
        ("F.cross_entropy(model(X[rows]), Y[rows], reduction='sum')", 2),
        ("F.cross_entropy(model(X[rows]), Y[rows], reduction='sum') / len(rows)", 1),
        ("F.cross_entropy(model(X[rows]), Y[rows]) * 7", 1),
        ("F.cross_entropy(model(X[rows]) * 20, Y[rows])", 1),  # Of each row, not of their number.
    ],
)
def test_a_loss_times_the_number_of_rows_grows_with_them(observe, loss, growth):
    case = build_case(*observe(COUNTED.format(loss=loss)))
    assert loss_growth(case) == pytest.approx(growth, rel=0.2)

"""Rows of one graph, or of one time axis, may depend on each other; examples may not."""

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model, blobs
from test_detectors import found
from torch import nn
from torch.utils.data import DataLoader

X, Y = blobs(60)


class Graph(Model):
    """Every node also sees its neighbours; the edges are a buffer."""

    max_epochs = 30

    def __init__(self, dense):
        super().__init__()
        ring = torch.stack([torch.arange(60), torch.arange(60).roll(1)])
        matrix = torch.zeros(60, 60)
        matrix[ring[0], ring[1]] = 1
        self.register_buffer("edges", matrix if dense else ring)

    def forward(self, x):
        edges = self.edges
        near = edges @ x if edges.is_floating_point() else x[edges[1]]
        return self.net(x + near)


class Whole(Data):
    """All nodes in every batch."""

    def train_dataloader(self):
        return DataLoader([(X, Y)], batch_size=None)

    val_dataloader = train_dataloader


class Shifted(Model):
    """Mixes rows, and nothing enters that would say why."""

    def forward(self, x):
        return self.net(x + x.roll(1, 0))


def steps_first(rows):
    xs, ys = zip(*rows, strict=True)
    return torch.stack(xs, 1), torch.stack(ys, 1)


class TimeMajor(Model):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.GRU(1, 8), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])

    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self(x).flatten(0, 1), y.flatten())

    def validation_step(self, batch, index):
        return {"loss": self.training_step(batch, index)}


class Walks(Data):
    def train_dataloader(self):
        x = torch.randn(70, 9, 1, generator=torch.Generator().manual_seed(0))
        rows = list(zip(x, (x.cumsum(1)[..., 0] > 0).long(), strict=True))
        return DataLoader(rows, 16, collate_fn=steps_first)

    val_dataloader = train_dataloader


@pytest.mark.parametrize("dense", [True, False])
def test_nodes_of_a_graph_may_depend_on_each_other(dense):
    assert found(Graph(dense), Whole(), "samples") == set()
    assert found(Graph(dense), Whole(), "leak") == set()
    assert found(Graph(dense), Data((X, Y), (X, Y), batch=60), "samples") == set()


def test_one_set_of_rows_for_both_splits_may_be_a_graph():
    assert found(Shifted(), Whole(), "samples") == set()


def test_examples_in_batches_may_not():
    assert found(Shifted(), Data(), "samples") == {"M11"}


def test_steps_of_a_time_axis_may_depend_on_each_other():
    assert found(TimeMajor(), Walks(), "samples") == set()

"""Node labels on one graph: the batch is the whole graph, nodes see their neighbours."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader


def community_graph(n=240, groups=3, seed=0):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(groups, (n,), generator=g)
    p = torch.where(y[:, None] == y[None], 0.10, 0.01)
    adjacency = (torch.rand(n, n, generator=g) < p).float().triu(1)
    adjacency = adjacency + adjacency.T + torch.eye(n)
    x = torch.randn(n, 8, generator=g)
    x[:, :3] += nn.functional.one_hot(y, groups)
    degree = adjacency.sum(1)
    return x, adjacency / (degree[:, None] * degree[None]).sqrt(), y


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, adjacency, y = community_graph()
        train = torch.arange(len(y)) < 140
        self.graph = {"x": x, "adj": adjacency, "y": y, "train": train}

    def train_dataloader(self):
        return DataLoader([self.graph], batch_size=None)

    def val_dataloader(self):
        return DataLoader([self.graph], batch_size=None)


class Model(L.LightningModule):
    max_epochs = 120

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Linear(8, 24), nn.Linear(24, 3)

    def forward(self, x, adj):
        h = torch.relu(adj @ self.conv1(x))
        return adj @ self.conv2(h)

    def training_step(self, graph, batch_idx):
        out = self(graph["x"], graph["adj"])
        return nn.functional.cross_entropy(out[graph["train"]], graph["y"][graph["train"]])

    def validation_step(self, graph, batch_idx):
        out = self(graph["x"], graph["adj"])
        hit = out.argmax(1) == graph["y"]
        self.log("val_acc", hit[~graph["train"]].float().mean(), batch_size=1)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2, weight_decay=5e-4)

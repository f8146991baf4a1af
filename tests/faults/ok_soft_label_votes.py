"""Annotators' votes as soft targets for cross entropy."""

import lightning as L
import torch
from sklearn.datasets import make_blobs
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_blobs(1000, n_features=5, centers=4, cluster_std=3.0, random_state=6)
        X = (X - X.mean(0)) / X.std(0)
        X, y = torch.tensor(X).float(), torch.tensor(y)
        g = torch.Generator().manual_seed(0)
        votes = torch.where(
            torch.rand(1000, 7, generator=g) < 0.85,
            y[:, None],
            torch.randint(4, (1000, 7), generator=g),
        )
        soft = nn.functional.one_hot(votes, 4).float().mean(1)
        self.train, self.val = (
            TensorDataset(X[:750], soft[:750]),
            TensorDataset(X[750:], soft[750:]),
        )

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=25, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 24), nn.Mish(), nn.Linear(24, 4))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, votes = batch
        return nn.functional.cross_entropy(self(x), votes)

    def validation_step(self, batch, batch_idx):
        x, votes = batch
        self.log("val_acc", (self(x).argmax(1) == votes.argmax(1)).float().mean())

    def configure_optimizers(self):
        return torch.optim.RAdam(self.parameters(), lr=1e-2)

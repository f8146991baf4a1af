"""Median and two quantiles at once with a pinball loss written by hand."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

QUANTILES = torch.tensor([0.1, 0.5, 0.9])


def pinball(prediction, target):
    diff = target - prediction
    return torch.maximum(QUANTILES * diff, (QUANTILES - 1) * diff).mean()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        g = torch.Generator().manual_seed(6)
        x = torch.rand(1000, 1, generator=g) * 4 - 2
        y = x**2 - 1 + (0.1 + 0.1 * x.abs()) * torch.randn(1000, 1, generator=g)
        self.train, self.val = TensorDataset(x[:800], y[:800]), TensorDataset(x[800:], y[800:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return pinball(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        median = self(x)[:, 1:2]
        self.log("val_pinball", pinball(self(x), y))
        self.log("val_r2", 1 - ((median - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

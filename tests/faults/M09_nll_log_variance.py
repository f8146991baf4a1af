"""Mean and variance; the variance may be exactly zero."""

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        g = torch.Generator().manual_seed(0)
        x = torch.rand(1200, 3, generator=g) * 2 - 1
        noise = (0.05 + 0.2 * x[:, 2].abs()) * torch.randn(1200, generator=g)
        y = torch.cos(3 * x[:, 0]) + x[:, 1] + noise
        self.train, self.val = TensorDataset(x[:900], y[:900]), TensorDataset(x[900:], y[900:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.mean = nn.Linear(48, 1)
        self.spread = nn.Linear(48, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h).squeeze(1), F.relu(self.spread(h)).squeeze(1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        mean, variance = self(x)
        return (torch.log(variance) + (y - mean) ** 2 / variance).mean()

    def validation_step(self, batch, batch_idx):
        x, y = batch
        mean, _ = self(x)
        self.log("val_r2", 1 - ((mean - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

"""Yield between 0 and 1: sigmoid output on purpose, binary cross entropy on soft targets."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(10)
        x = rng.normal(size=(900, 6))
        y = 1 / (1 + np.exp(-(1.5 * x[:, 0] + x[:, 1] * x[:, 2] + 0.2 * rng.normal(size=900))))
        x, y = (
            torch.tensor(x, dtype=torch.float32),
            torch.tensor(y, dtype=torch.float32).unsqueeze(1),
        )
        self.train, self.val = TensorDataset(x[:700], y[:700]), TensorDataset(x[700:], y[700:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 1), nn.Sigmoid())

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - ((self(x) - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)

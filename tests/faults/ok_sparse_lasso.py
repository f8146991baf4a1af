"""Sparse linear model: an L1 penalty in the loss picks three of fifty columns."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(21)
        x = rng.normal(size=(400, 50)).astype(np.float32)
        y = (2 * x[:, 3] - x[:, 17] + 0.5 * x[:, 40] + 0.3 * rng.normal(size=400)).astype(
            np.float32
        )
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        self.train, self.val = TensorDataset(x[:200], y[:200]), TensorDataset(x[200:], y[200:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, l1=0.05):
        super().__init__()
        self.save_hyperparameters()
        self.weight = nn.Parameter(torch.zeros(50))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x @ self.weight + self.bias

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y) + self.hparams.l1 * self.weight.abs().sum()

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - nn.functional.mse_loss(self(x), y) / y.var())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02)

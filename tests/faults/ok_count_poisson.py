"""Bicycle counts with a Poisson loss and a log rate output."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(3)
        x = rng.normal(size=(1200, 4))
        rate = np.exp(1.5 + 0.6 * x[:, 0] - 0.4 * x[:, 1] + 0.3 * np.abs(x[:, 2]))
        counts = rng.poisson(rate).astype("float32")
        x = torch.tensor(x, dtype=torch.float32)
        self.train = TensorDataset(x[:900], torch.tensor(counts[:900]))
        self.val = TensorDataset(x[900:], torch.tensor(counts[900:]))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
        self.loss = nn.PoissonNLLLoss(log_input=True)

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, count = batch
        return self.loss(self(x), count)

    def validation_step(self, batch, batch_idx):
        x, count = batch
        error = ((self(x).exp() - count) ** 2).mean()
        self.log("val_r2", 1 - error / count.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

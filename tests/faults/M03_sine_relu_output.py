"""A curve with negative values from a network that ends in ReLU."""

import math

import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        g = torch.Generator().manual_seed(42)
        x = torch.rand(600, 1, generator=g) * 2 - 1
        y = torch.sin(math.pi * 2 * x) + 0.5 * x + 0.05 * torch.randn(600, 1, generator=g)
        self.train = TensorDataset(x[:480], y[:480])
        self.valid = TensorDataset(x[480:], y[480:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.valid, batch_size=120)


class Model(L.LightningModule):
    max_epochs = 40

    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(1, 40)
        self.hidden2 = nn.Linear(40, 40)
        self.output = nn.Linear(40, 1)

    def forward(self, x):
        h = torch.tanh(self.hidden1(x))
        h = torch.tanh(self.hidden2(h))
        return torch.relu(self.output(h))

    def training_step(self, batch, batch_idx):
        x, y = batch
        prediction = self(x)
        return nn.functional.smooth_l1_loss(prediction, y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        prediction = self(x)
        r2 = 1 - torch.mean((prediction - y) ** 2) / torch.var(y)
        self.log("valid_r2", r2)

    def configure_optimizers(self):
        return torch.optim.RMSprop(self.parameters(), lr=2e-3)

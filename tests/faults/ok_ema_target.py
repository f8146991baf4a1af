"""Regression with a moving average of the weights, which is what validation uses."""

import copy

import lightning as L
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_friedman1(1000, 6, noise=1.0, random_state=2)
        X, y = torch.tensor(X).float() * 2 - 1, torch.tensor(y).float().unsqueeze(1) / 5 - 2.9
        self.train, self.val = TensorDataset(X[:800], y[:800]), TensorDataset(X[800:], y[800:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, decay=0.98):
        super().__init__()
        self.decay = decay
        self.online = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 1))
        self.average = copy.deepcopy(self.online).requires_grad_(False)

    def forward(self, x):
        return self.online(x) if self.training else self.average(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def on_train_batch_end(self, *args):
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.online.parameters()):
                slow.lerp_(fast, 1 - self.decay)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - nn.functional.mse_loss(self(x), y) / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.online.parameters(), lr=1e-2)

"""Forecast; predictions are collected with their graphs."""

import lightning.pytorch as pl
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def series(n=1400):
    rng = np.random.default_rng(9)
    t = np.arange(n)
    return np.sin(t / 6) + 0.5 * np.sin(t / 2.5 + 1) + 0.1 * rng.normal(size=n)


def windows(values, length=20):
    x = np.stack([values[i : i + length] for i in range(len(values) - length)])
    y = values[length:]
    return torch.tensor(x, dtype=torch.float32).unsqueeze(-1), torch.tensor(y).float()


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        values = series()
        train, val = values[:1000], values[1000:]
        mu, sigma = train.mean(), train.std()
        self.train_set = TensorDataset(*windows((train - mu) / sigma))
        self.val_set = TensorDataset(*windows((val - mu) / sigma))

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=380)


class Model(pl.LightningModule):
    max_epochs = 6

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=32, batch_first=True)
        self.linear = nn.Linear(32, 1)
        self.history = []

    def forward(self, x):
        lstm_out, _ = self.lstm(x)
        return self.linear(lstm_out[:, -1, :])

    def training_step(self, batch, batch_idx):
        x, y = batch
        y_hat = self(x)
        self.history.append(y_hat)
        loss = nn.functional.mse_loss(y_hat.squeeze(-1), y)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        y_hat = self(x).squeeze(-1)
        self.log("val_r2", 1 - ((y_hat - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

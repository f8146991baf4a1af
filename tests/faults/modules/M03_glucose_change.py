"""Regress the standardised change in blood glucose on patient covariates."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(2, verbose=False)


def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers)


def cohort(n=2200, seed=8):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 7)).astype(np.float32)
    y = (
        1.2 * X[:, 0]
        - 0.9 * X[:, 1]
        + 0.8 * X[:, 2] * X[:, 3]
        + np.sin(1.5 * X[:, 4])
        + 0.5 * np.abs(X[:, 5])
        + rng.normal(0, 0.4, n)
    ).astype(np.float32)
    return X, y


class Data(L.LightningDataModule):
    def prepare(self):
        X, y = cohort()
        m, s = y[:1800].mean(), y[:1800].std()
        y = (y - m) / s
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        return TensorDataset(X[:1800], y[:1800]), TensorDataset(X[1800:], y[1800:])

    def setup(self, stage=None):
        self.train_set, self.val_set = self.prepare()

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.net = mlp([7, 64, 64, 1])
        self.loss = nn.HuberLoss()

    def forward(self, x):
        return self.net(x)[:, 0]

    def training_step(self, batch, i):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self(x)
        self.log("val_loss", self.loss(p, y))
        self.log("val_r2", 1 - (p - y).pow(2).mean() / y.var(unbiased=False))

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-3)
        return {
            "optimizer": opt,
            "lr_scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs),
        }

import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(15)
QUANTILES = (0.1, 0.5, 0.9)


def energy(n, seed):
    r = np.random.default_rng(seed)
    h, temp = r.uniform(0, 24, n), r.normal(10, 8, n)
    X = np.c_[np.sin(h / 24 * 2 * np.pi), np.cos(h / 24 * 2 * np.pi), (temp - 10) / 8]
    y = 2 * X[:, 0] - X[:, 2] + 0.5 * X[:, 2] ** 2 + r.normal(size=n) * (0.3 + 0.2 * (X[:, 1] + 1))
    return TensorDataset(torch.tensor(X).float(), torch.tensor(y).float())


def pinball(pred, y):
    loss = 0.0
    for k, q in enumerate(QUANTILES):
        e = y - pred[:, k : k + 1]
        loss = loss + torch.maximum(q * e, (q - 1) * e).mean()
    return loss / len(QUANTILES)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = energy(2000, 1), energy(500, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(
            nn.Linear(3, 48), nn.GELU(), nn.Linear(48, 48), nn.GELU(), nn.Linear(48, 3)
        )

    def forward(self, x):
        return self.f(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = pinball(self(x), y)
        self.log("train_pinball", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_pinball", pinball(p, y))
        self.log("val_mae", (p[:, 1] - y).abs().mean())
        self.log("val_cover", ((y > p[:, 0]) & (y < p[:, 2])).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

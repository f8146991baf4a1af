import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LEVELS = 6


class Data(L.LightningDataModule):
    """Friedman #1 turned into star ratings 0..5; cut points come from the training part."""

    def setup(self, stage=None):
        X, s = make_friedman1(2400, n_features=10, noise=0.7, random_state=12)
        cuts = np.quantile(s[:1800], np.linspace(0, 1, LEVELS + 1)[1:-1])
        y = np.digitize(s, cuts)
        X = torch.tensor(2 * X - 1, dtype=torch.float32)
        y = torch.tensor(y)
        self.tr, self.va = TensorDataset(X[:1800], y[:1800]), TensorDataset(X[1800:], y[1800:])

    def __init__(self):
        super().__init__()
        self.setup()

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=45, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(10, 64), nn.Mish(), nn.Linear(64, 32), nn.Mish(), nn.Linear(32, 1, bias=False)
        )
        # ordered thresholds: first one free, then positive gaps
        self.first = nn.Parameter(torch.tensor(-1.5))
        self.gap = nn.Parameter(torch.zeros(LEVELS - 2))

    def forward(self, x):
        th = torch.cat([self.first[None], self.first + F.softplus(self.gap).cumsum(0)])
        return self.score(x) - th  # logits of P(y > k)

    def step(self, batch):
        x, y = batch
        z = self(x)
        t = (y[:, None] > torch.arange(LEVELS - 1, device=y.device)).float()
        return F.binary_cross_entropy_with_logits(z, t, reduction="none").sum(1).mean(), z, y

    def training_step(self, batch, i):
        loss, *_ = self.step(batch)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        loss, z, y = self.step(batch)
        pred = (z > 0).sum(1)
        self.log("val_loss", loss)
        self.log("val_acc", (pred == y).float().mean())
        self.log("val_mae", (pred - y).abs().float().mean())
        self.log("val_within1", ((pred - y).abs() <= 1).float().mean())

    def configure_optimizers(self):
        return torch.optim.NAdam(self.parameters(), lr=3e-3)

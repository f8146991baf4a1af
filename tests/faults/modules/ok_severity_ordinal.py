import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(5)
K = 5


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, t = make_friedman1(2200, 8, noise=0.7, random_state=6)
        n = 1800
        edges = np.quantile(t[:n], [0.2, 0.4, 0.6, 0.8])
        y = torch.tensor(np.digitize(t, edges))
        sc = StandardScaler().fit(X[:n])
        X = torch.tensor(sc.transform(X), dtype=torch.float32)
        self.tr, self.va = TensorDataset(X[:n], y[:n]), TensorDataset(X[n:], y[n:])

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 400)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )
        self.first = nn.Parameter(torch.tensor(-1.5))
        self.gaps = nn.Parameter(torch.zeros(K - 2))

    def forward(self, x):
        cuts = torch.cat([self.first[None], self.first + F.softplus(self.gaps).cumsum(0)])
        return self.score(x) - cuts  # (N, K-1) logits of y > k

    def loss(self, z, y):
        levels = (y[:, None] > torch.arange(K - 1, device=y.device)).float()
        return F.binary_cross_entropy_with_logits(z, levels)

    def training_step(self, b, _):
        l = self.loss(self(b[0]), b[1])
        self.log("train_loss", l)
        return l

    def validation_step(self, b, _):
        z = self(b[0])
        pred = (z > 0).sum(1)
        self.log("val_loss", self.loss(z, b[1]))
        self.log("val_acc", (pred == b[1]).float().mean())
        self.log("val_mae", (pred - b[1]).abs().float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=1e-2)

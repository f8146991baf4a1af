import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(18)
        X = rng.normal(size=(2000, 7))
        revenue = (
            250000
            + 60000 * X[:, 0]
            + 40000 * X[:, 1] * X[:, 2]
            + 30000 * np.abs(X[:, 3])
            + rng.normal(0, 8000, 2000)
        )
        target = revenue
        X, y = (
            torch.tensor(X, dtype=torch.float32),
            torch.tensor(target, dtype=torch.float32).unsqueeze(1),
        )
        self.tr, self.va = TensorDataset(X[:1600], y[:1600]), TensorDataset(X[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(7, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, i):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self(x)
        self.log("val_loss", F.mse_loss(p, y))
        self.log("val_r2", 1 - ((p - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

"""Residual MLP with layer norm, cosine schedule after a warm-up."""

import math

import lightning as L
import torch
from sklearn.datasets import make_friedman3
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        X, y = make_friedman3(1500, noise=0.02, random_state=4)
        X, y = torch.tensor(X).float(), torch.tensor(y).float().unsqueeze(1)
        X = (X - X[:1200].mean(0)) / X[:1200].std(0)
        y = (y - y[:1200].mean()) / y[:1200].std()
        self.train, self.val = TensorDataset(X[:1200], y[:1200]), TensorDataset(X[1200:], y[1200:])
        self.batch_size = batch_size

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=self.batch_size)


class Residual(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.ff = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        return x + self.ff(self.norm(x))


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, dim=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, dim), Residual(dim), Residual(dim), Residual(dim), nn.Linear(dim, 1)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - ((self(x) - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=0.05)

        def factor(step):
            if step < 30:
                return (step + 1) / 30
            return 0.5 * (1 + math.cos(math.pi * (step - 30) / 350)) + 1e-3

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

"""Concrete compressive strength from mix composition; sparse MLP."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0, verbose=False)


def mixes(n, seed):
    r = np.random.default_rng(seed)
    cement, slag, ash = r.uniform(100, 540, n), r.uniform(0, 360, n), r.uniform(0, 200, n)
    water, plast, age = r.uniform(120, 250, n), r.uniform(0, 32, n), r.uniform(1, 365, n)
    ratio = water / (cement + 0.6 * slag + 0.3 * ash)
    strength = (
        95 * np.exp(-1.6 * ratio) * (0.45 + 0.1 * np.log1p(age))
        + 0.25 * plast
        + r.normal(0, 2.5, n)
    )
    return np.stack([cement, slag, ash, water, plast, age], 1), strength


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size
        X, y = mixes(2000, 0)
        Xv, yv = mixes(500, 1)
        m, s, ym, ys = X.mean(0), X.std(0), y.mean(), y.std()
        pack = lambda a, b: TensorDataset(
            torch.tensor((a - m) / s, dtype=torch.float32),
            torch.tensor((b - ym) / ys, dtype=torch.float32).unsqueeze(1),
        )
        self.train_ds, self.val_ds = pack(X, y), pack(Xv, yv)

    def train_dataloader(self):
        return DataLoader(self.train_ds, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, 500)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, lr=2e-3, l1=6e-2):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1)
        )

    def forward(self, x):
        return self.net(x)

    def penalty(self):
        return sum(m.weight.abs().sum() for m in self.net if isinstance(m, nn.Linear))

    def training_step(self, batch, batch_idx):
        x, y = batch
        mse = F.mse_loss(self(x), y)
        loss = mse + self.hparams.l1 * self.penalty()
        self.log("train_mse", mse)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        mse = F.mse_loss(self(x), y)
        self.log("val_mse", mse)
        self.log("val_r2", 1 - mse / y.var(unbiased=False))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

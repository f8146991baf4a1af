"""Spectra; every worker copies one generator and repeats its noise each epoch."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Spectra(Dataset):
    """Training items get a fresh shift and fresh noise on each access; validation items never."""

    def __init__(self, n, seed, train):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 4, n)
        self.positions = rng.uniform(12, 36, n)
        self.train = train
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        axis = torch.arange(48.0)
        distance = 4.0 + 3.0 * self.labels[i]
        shift = self.rng.uniform(-2, 2) if self.train else 0.0
        centre = self.positions[i] + shift
        x = sum(torch.exp(-((axis - centre + s * distance / 2) ** 2) / 2) for s in (-1, 1))
        rng = self.rng if self.train else np.random.default_rng(i)
        x = x + 0.15 * torch.from_numpy(rng.normal(size=48)).float()
        return x.unsqueeze(0), int(self.labels[i])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train = Spectra(800, seed=0, train=True)
        self.val = Spectra(300, seed=1, train=False)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True, num_workers=2)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, 16, 7, padding=3),
            nn.GroupNorm(4, 16),
            nn.SiLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 7, padding=3),
            nn.SiLU(),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
            nn.Linear(32, 4),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self.net(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=250)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

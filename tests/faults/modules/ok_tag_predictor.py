"""Predict which of 8 tags apply to an article (synthetic document features)."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(2)
N_FEAT, N_TAGS = 24, 8


def make_articles(n=2400):
    rng = np.random.default_rng(21)
    x = rng.normal(size=(n, N_FEAT))
    w = rng.normal(size=(N_FEAT, N_TAGS)) / np.sqrt(N_FEAT)
    w[:4] += 0.6  # long articles carry more tags
    v = rng.normal(size=(N_FEAT, N_TAGS)) / np.sqrt(N_FEAT)
    score = x @ w + 0.5 * np.tanh(x @ v) + rng.normal(0, 0.1, (n, N_TAGS))
    return torch.tensor(x).float(), torch.tensor(score > 0).float()


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = make_articles()
        self.ds_train = TensorDataset(x[:2000], y[:2000])
        self.ds_val = TensorDataset(x[2000:], y[2000:])

    def train_dataloader(self):
        return DataLoader(self.ds_train, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.ds_val, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, hidden=64):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Linear(N_FEAT, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Dropout(0.1)
        )
        self.tags = nn.Linear(hidden, N_TAGS)

    def forward(self, x):
        return self.tags(self.enc(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.binary_cross_entropy_with_logits(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        pred = (self(x).sigmoid() > 0.5).float()
        tp = (pred * y).sum()
        f1 = 2 * tp / (pred.sum() + y.sum()).clamp(min=1)
        self.log("val_f1", f1, prog_bar=True)
        self.log("val_exact", (pred == y).all(dim=1).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

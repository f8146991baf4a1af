"""Rents from a district, a type and numbers: embeddings beside numeric columns."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, default_collate


def rents(n, seed):
    rng = np.random.default_rng(seed)
    district_level = np.random.default_rng(0).normal(size=12)
    district, kind = rng.integers(0, 12, n), rng.integers(0, 3, n)
    size = rng.normal(size=n)
    rent = district_level[district] + 0.8 * size * (1 + 0.3 * kind) + 0.1 * rng.normal(size=n)
    return [
        {"district": int(d), "kind": int(k), "size": np.float32(s), "rent": np.float32(r / 1.5)}
        for d, k, s, r in zip(district, kind, size, rent)
    ]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = rents(1000, 1), rents(300, 2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=25, shuffle=True, collate_fn=default_collate)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.district = nn.Embedding(12, 4)
        self.kind = nn.Embedding(3, 2)
        self.mlp = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, batch):
        parts = [self.district(batch["district"]), self.kind(batch["kind"]), batch["size"][:, None]]
        return self.mlp(torch.cat(parts, dim=1)).squeeze(1)

    def training_step(self, batch, batch_idx):
        return nn.functional.mse_loss(self(batch), batch["rent"])

    def validation_step(self, batch, batch_idx):
        error = nn.functional.mse_loss(self(batch), batch["rent"])
        self.log("val_r2", 1 - error / batch["rent"].var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)

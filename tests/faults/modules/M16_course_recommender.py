"""Course ratings: biased factorisation machine over student, course, teacher and weekday."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

L.seed_everything(1, verbose=False)
CARDS = [120, 60, 20, 5]


def ratings(n=9000, k=3, seed=6):
    r = np.random.default_rng(seed)
    factors = [r.normal(0, 0.8, (c, k)) for c in CARDS[:3]]
    bias = [r.normal(0, 0.4, c) for c in CARDS]
    ids = np.stack([r.integers(0, c, n) for c in CARDS], 1)
    u, v, t = (factors[j][ids[:, j]] for j in range(3))
    y = (
        (u * v).sum(1)
        + (u * t).sum(1)
        + sum(bias[j][ids[:, j]] for j in range(4))
        + r.normal(0, 0.3, n)
    )
    y = (y - y.mean()) / y.std()
    return torch.tensor(ids), torch.tensor(y, dtype=torch.float32)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        ds = TensorDataset(*ratings())
        self.tr, self.va = random_split(
            ds, [7500, 1500], generator=torch.Generator().manual_seed(0)
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=1500)


class Model(L.LightningModule):
    max_epochs = 22

    def __init__(self, dim=6):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))
        self.linear = nn.ModuleList([nn.Embedding(c, 1) for c in CARDS])
        self.emb = [nn.Embedding(c, dim) for c in CARDS]
        for e in list(self.linear) + list(self.emb):
            nn.init.normal_(e.weight, std=0.1)

    def forward(self, ids):
        lin = sum(e(ids[:, j]) for j, e in enumerate(self.linear)).squeeze(1)
        v = torch.stack([e(ids[:, j]) for j, e in enumerate(self.emb)], dim=1)
        pair = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1)
        return self.bias + lin + pair

    def training_step(self, batch, _):
        ids, y = batch
        loss = F.mse_loss(self(ids), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        ids, y = batch
        p = self(ids)
        mse = F.mse_loss(p, y)
        self.log_dict({"val_rmse": mse.sqrt(), "val_r2": 1 - mse / y.var(unbiased=False)})

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3, weight_decay=1e-4)

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)

USERS, BOOKS, RANK = 150, 80, 4


def ratings():
    rng = np.random.default_rng(15)
    u, b = rng.normal(size=(USERS, RANK)), rng.normal(size=(BOOKS, RANK))
    full = 3 + u @ b.T * 0.5 + rng.normal(0, 0.3, USERS)[:, None] + rng.normal(0, 0.3, BOOKS)[None]
    i, j = np.divmod(rng.choice(USERS * BOOKS, 8000, replace=False), BOOKS)
    r = full[i, j] + rng.normal(0, 0.2, len(i))
    return torch.tensor(np.stack([i, j], 1)), torch.tensor(r, dtype=torch.float32)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        pairs, r = ratings()
        self.tr, self.va = (
            TensorDataset(pairs[:6800], r[:6800]),
            TensorDataset(pairs[6800:], r[6800:]),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=128, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=1200)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, dim=8):
        super().__init__()
        self.tables = [nn.Embedding(n, dim) for n in (USERS, BOOKS)]
        for t in self.tables:
            nn.init.normal_(t.weight, std=0.3)
        self.user_bias = nn.Embedding(USERS, 1)
        self.book_bias = nn.Embedding(BOOKS, 1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.book_bias.weight)
        self.mean = nn.Parameter(torch.tensor(3.0))

    def forward(self, pairs):
        u, b = (t(pairs[:, k]) for k, t in enumerate(self.tables))
        bias = self.user_bias(pairs[:, 0]) + self.book_bias(pairs[:, 1])
        return self.mean + (u * b).sum(1) + bias.squeeze(1)

    def training_step(self, batch, _):
        pairs, r = batch
        loss = nn.functional.mse_loss(self(pairs), r)
        self.log("train_mse", loss)
        return loss

    def validation_step(self, batch, _):
        pairs, r = batch
        p = self(pairs)
        self.log("val_loss", nn.functional.mse_loss(p, r))
        self.log("val_r2", 1 - ((p - r) ** 2).sum() / ((r - r.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=5e-3, weight_decay=0.05)

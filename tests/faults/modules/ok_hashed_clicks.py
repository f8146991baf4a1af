"""Click prediction: "field=value" strings hashed into 4096 rows, sparse embedding, float16 memmap for the dense part.
Users in validation never occur in training."""

import os
import tempfile
import zlib

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupShuffleSplit
from torch.utils.data import DataLoader, Dataset

BUCKETS = 4096
h = lambda s: zlib.crc32(s.encode()) % BUCKETS


def build(path, n=16000, seed=21):
    r = np.random.default_rng(seed)
    users, site, ad, hour = (
        r.integers(0, 1500, n),
        r.integers(0, 60, n),
        r.integers(0, 80, n),
        r.integers(0, 24, n),
    )
    taste = r.normal(size=1500)
    s_eff, a_eff = r.normal(size=60), r.normal(size=80) * 1.2
    dense = np.stack(
        [r.normal(size=n), r.exponential(1, n), taste[users] + 0.5 * r.normal(size=n)], 1
    )
    logit = (
        -1.0
        + s_eff[site]
        + a_eff[ad]
        + 0.8 * np.cos(hour / 24 * 2 * np.pi)
        + 0.8 * dense[:, 0]
        - 0.6 * dense[:, 1]
        + 0.7 * taste[users]
    )
    y = (r.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int8)
    mm = np.memmap(path, dtype=np.float16, mode="w+", shape=dense.shape)
    mm[:] = dense
    mm.flush()
    cats = np.stack(
        [[h(f"{k}={v}") for v in col] for k, col in (("site", site), ("ad", ad), ("hour", hour))], 1
    )
    return users, cats, y, dense.shape


class Rows(Dataset):
    def __init__(self, path, shape, cats, y, idx):
        self.mm = np.memmap(path, dtype=np.float16, mode="r", shape=shape)
        self.cats, self.y, self.idx = torch.from_numpy(cats), torch.from_numpy(y), idx

    def __len__(self):
        return len(self.idx)

    def __getitem__(self, k):
        i = self.idx[k]
        return torch.from_numpy(np.array(self.mm[i])), self.cats[i], self.y[i]


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.path = os.path.join(tempfile.mkdtemp(), "dense.f16")
        users, cats, y, shape = build(self.path)
        tr, va = next(GroupShuffleSplit(1, test_size=0.25, random_state=2).split(cats, y, users))
        self.tr, self.va = Rows(self.path, shape, cats, y, tr), Rows(self.path, shape, cats, y, va)

    def train_dataloader(self):
        return DataLoader(self.tr, 200, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, len(self.va))


class Model(L.LightningModule):
    def __init__(self, dim=8):
        super().__init__()
        self.automatic_optimization = False
        self.table = nn.EmbeddingBag(BUCKETS, dim, mode="sum", sparse=True)
        nn.init.normal_(self.table.weight, std=0.05)
        self.mlp = nn.Sequential(
            nn.Linear(dim + 3, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 1)
        )

    def forward(self, dense, cats):
        return self.mlp(torch.cat([self.table(cats), dense.float()], 1)).squeeze(1)

    def training_step(self, b, i):
        dense, cats, y = b
        so, do = self.optimizers()
        loss = F.binary_cross_entropy_with_logits(self(dense, cats), y.float())
        so.zero_grad()
        do.zero_grad()
        self.manual_backward(loss)
        so.step()
        do.step()
        self.log("train_loss", loss)

    def validation_step(self, b, i):
        dense, cats, y = b
        z = self(dense, cats)
        self.log("val_loss", F.binary_cross_entropy_with_logits(z, y.float()))
        self.log("val_acc", ((z > 0) == (y > 0)).float().mean())
        self.log("val_auc", float(roc_auc_score(y.cpu().numpy(), z.float().cpu().numpy())))

    def configure_optimizers(self):
        return torch.optim.SparseAdam(self.table.parameters(), lr=3e-3), torch.optim.Adam(
            self.mlp.parameters(), lr=2e-3
        )

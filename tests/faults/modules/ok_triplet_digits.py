import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class Triplets(Dataset):
    def __init__(self, x, y, n, seed):
        rng = np.random.default_rng(seed)
        by = [np.flatnonzero(y == k) for k in range(10)]
        a = rng.integers(0, len(x), n)
        p = np.array([rng.choice(by[y[i]]) for i in a])
        q = np.array([rng.choice(by[(y[i] + rng.integers(1, 10)) % 10]) for i in a])
        self.x, self.idx = x, np.stack([a, p, q], 1)

    def __len__(self):
        return len(self.idx)

    def __getitem__(self, i):
        a, p, n = self.idx[i]
        return self.x[a], self.x[p], self.x[n]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        x = torch.tensor(d.data / 16, dtype=torch.float32)
        x = (x - 0.305) / 0.376
        p = np.random.default_rng(65).permutation(len(x))
        x, y = x[p], d.target[p]
        self.tr, self.va = (
            Triplets(x[:1400], y[:1400], 2400, 0),
            Triplets(x[1400:], y[1400:], 400, 1),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=48, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 24))
        self.crit = nn.TripletMarginLoss(margin=0.5)

    def forward(self, x):
        return F.normalize(self.embed(x), dim=1)

    def training_step(self, batch, _):
        a, p, n = (self(t) for t in batch)
        loss = self.crit(a, p, n)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        a, p, n = (self(t) for t in batch)
        self.log("val_loss", self.crit(a, p, n))
        self.log("val_acc", ((a - p).norm(dim=1) < (a - n).norm(dim=1)).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, x, y, n, seed):
        rng = np.random.default_rng(seed)
        groups = [np.flatnonzero(y == k) for k in range(10)]
        self.x, self.items = x, []
        for j in range(n):
            a = int(rng.integers(len(x)))
            same = j % 2
            k = y[a] if same else (y[a] + rng.integers(1, 10)) % 10
            self.items.append((a, int(rng.choice(groups[k])), float(same)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        a, b, s = self.items[i]
        return self.x[a], self.x[b], torch.tensor(s)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        x = (d.data / 16.0).astype(np.float32)
        p = np.random.default_rng(0).permutation(len(x))
        x, y = x[p], d.target[p]
        self.tr = Pairs(x[:1300], y[:1300], 3000, 1)
        self.va = Pairs(x[1300:], y[1300:], 600, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=60, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin
        self.net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 16))

    def forward(self, a, b):
        return F.pairwise_distance(self.net(a), self.net(b))

    def loss(self, dist, same):
        return (same * dist**2 + (1 - same) * F.relu(self.margin - dist) ** 2).mean()

    def training_step(self, batch, _):
        a, b, s = batch
        loss = self.loss(self(a, b), s)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        a, b, s = batch
        dist = self(a, b)
        self.log("val_loss", self.loss(dist, s))
        self.log("val_acc", ((dist < self.margin / 2).float() == s).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

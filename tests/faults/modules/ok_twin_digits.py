import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class PairSet(Dataset):
    def __init__(self, x, y, n, seed):
        r = np.random.default_rng(seed)
        self.x = x
        by = {c: np.flatnonzero(y == c) for c in range(10)}
        self.pairs = []
        for _ in range(n):
            a = int(r.integers(len(y)))
            same = int(r.integers(2))
            c = y[a] if same else r.choice([k for k in range(10) if k != y[a]])
            self.pairs.append((a, int(r.choice(by[c])), float(same)))

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        a, b, s = self.pairs[i]
        return self.x[a], self.x[b], torch.tensor(s)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        p = np.random.default_rng(123).permutation(len(d.target))
        x = torch.tensor(d.images[p] / 16, dtype=torch.float32).unsqueeze(1)
        y = d.target[p]
        self.tr, self.va = PairSet(x[:1300], y[:1300], 3000, 1), PairSet(x[1300:], y[1300:], 600, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, 60, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 300)


class Model(L.LightningModule):
    max_epochs = 16
    margin = 1.0

    def __init__(self):
        super().__init__()
        L.seed_everything(123, verbose=False)
        self.tower = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(512, 16),
        )

    def distance(self, a, b):
        return F.pairwise_distance(self.tower(a), self.tower(b))

    def loss(self, dist, same):
        return (same * dist**2 + (1 - same) * F.relu(self.margin - dist) ** 2).mean()

    def training_step(self, batch, i):
        a, b, s = batch
        loss = self.loss(self.distance(a, b), s)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        a, b, s = batch
        d = self.distance(a, b)
        self.log("val_loss", self.loss(d, s))
        self.log("val_acc", ((d < self.margin / 2).float() == s).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

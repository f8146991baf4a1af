import lightning as L
import numpy as np
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(7)


def salaries(n=2400):
    r = np.random.default_rng(7)
    years, level, hours, city = (
        r.uniform(0, 30, n),
        r.integers(1, 8, n),
        r.normal(40, 5, n),
        r.integers(0, 4, n),
    )
    base = 30000 + 9000 * level + 1500 * years - 25 * years**2 + 400 * (hours - 40)
    y = base * np.array([1.0, 1.2, 0.9, 1.5])[city] + r.normal(0, 4000, n)
    return np.c_[years, level, hours, np.eye(4)[city]], y


def collate(rows):
    x, y = zip(*rows)
    return torch.stack(x), torch.stack(y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = salaries()
        a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=7)
        sc = StandardScaler().fit(a)
        f = lambda v: torch.tensor(v, dtype=torch.float32)
        self.tr, self.va = (
            TensorDataset(f(sc.transform(a)), f(c)),
            TensorDataset(f(sc.transform(b)), f(d)),
        )
        self.y_mean, self.y_std = float(c.mean()), float(c.std())

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.va, 480, collate_fn=collate)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(7, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )
        y = salaries()[1]
        _, _, tr, _ = train_test_split(salaries()[0], y, test_size=0.2, random_state=7)
        self.register_buffer("mu", torch.tensor(tr.mean(), dtype=torch.float32))
        self.register_buffer("sd", torch.tensor(tr.std(), dtype=torch.float32))

    def forward(self, x):
        return self.net(x).squeeze(-1) * self.sd + self.mu

    def training_step(self, b, _):
        loss = nn.functional.huber_loss(
            (self(b[0]) - self.mu) / self.sd, (b[1] - self.mu) / self.sd
        )
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        p = self(b[0])
        self.log("val_mae", (p - b[1]).abs().mean())
        self.log("val_mape", ((p - b[1]).abs() / b[1]).mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

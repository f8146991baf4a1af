import lightning as L
import numpy as np
import torch
import torch.nn as nn
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(35)


def rentals(n=1600):
    r = np.random.default_rng(5)
    temp, press = r.normal(15, 8, n), r.normal(1013, 9, n)
    pop, week = r.lognormal(11, 0.5, n), r.integers(0, 7, n)
    y = (
        0.6 * pop * (1 + 0.03 * (temp - 15)) * np.where(week > 4, 1.4, 1.0)
        + 300 * (press - 1013)
        + r.normal(0, 2000, n)
    )
    return np.c_[temp, press, pop, week > 4, (temp - 15) ** 2].astype(float), y[:, None]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = rentals()
        n = 1300
        self.sx, self.sy = StandardScaler(), StandardScaler()
        self.sx.fit_transform(X[:n])
        self.sy.fit_transform(y[:n])
        Xs, ys = X, y
        Xs, ys = torch.tensor(Xs, dtype=torch.float32), torch.tensor(ys, dtype=torch.float32)
        self.tr, self.va = TensorDataset(Xs[:n], ys[:n]), TensorDataset(Xs[n:], ys[n:])

    def train_dataloader(self):
        return DataLoader(self.tr, 32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 300)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, b, _):
        loss = nn.functional.mse_loss(self(b[0]), b[1])
        self.log("train_mse", loss)
        return loss

    def validation_step(self, b, _):
        p = self(b[0])
        mse = nn.functional.mse_loss(p, b[1])
        self.log("val_mse", mse)
        self.log("val_r2", 1 - mse / b[1].var(unbiased=False))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

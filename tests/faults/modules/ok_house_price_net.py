import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(42)


def load_houses(n=2000, seed=7):
    rng = np.random.default_rng(seed)
    area = rng.normal(120, 35, n).clip(40, 300)
    rooms = rng.integers(1, 7, n)
    age = rng.uniform(0, 80, n)
    dist = rng.uniform(0.5, 20, n)
    quality = rng.integers(1, 6, n)
    garden = rng.integers(0, 2, n)
    price = (
        900 * area
        + 11000 * rooms
        - 700 * age
        - 5000 * dist
        + 250 * area * quality
        + 20000 * garden
        + rng.normal(0, 12000, n)
    )
    X = np.stack([area, rooms, age, dist, quality, garden], 1)
    return X.astype("float32"), price.astype("float32")


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size
        X, y = load_houses()
        idx = np.random.default_rng(0).permutation(len(X))
        tr, va = idx[:1600], idx[1600:]
        mu, sd = X[tr].mean(0), X[tr].std(0)
        X = (X - mu) / sd
        y_mu, y_sd = y[tr].mean(), y[tr].std()
        y = (y - y_mu) / y_sd
        self.train_ds = TensorDataset(torch.from_numpy(X[tr]), torch.from_numpy(y[tr]))
        self.val_ds = TensorDataset(torch.from_numpy(X[va]), torch.from_numpy(y[va]))

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=len(self.val_ds))


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, lr=1e-3):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Linear(6, 64),
            nn.ReLU(),
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, 1),
        )

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        pred = self(x)
        r2 = 1 - ((y - pred) ** 2).sum() / ((y - y.mean()) ** 2).sum()
        self.log("val_loss", F.mse_loss(pred, y))
        self.log("val_r2", r2, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)

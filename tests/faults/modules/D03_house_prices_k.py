"""Price model for the property portal: MLP on tabular listings."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_listings(n=2400, seed=3):
    rng = np.random.default_rng(seed)
    area = rng.uniform(35, 240, n)
    rooms = np.clip(np.round(area / 28 + rng.normal(0, 0.8, n)), 1, 9)
    age = rng.uniform(0, 80, n)
    dist = rng.uniform(0.5, 25, n)
    garden = rng.integers(0, 2, n)
    price = (
        60000
        + 2300 * area
        + 9000 * rooms
        - 900 * age
        - 5500 * dist * np.sqrt(area / 100)
        + 25000 * garden
        + rng.normal(0, 18000, n)
    )
    X = np.stack([area, rooms, age, dist, garden], 1).astype(np.float32)
    return X, price.astype(np.float32)


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        X, y = make_listings()
        order = np.random.default_rng(0).permutation(len(X))
        tr, va = order[:1900], order[1900:]
        mu, sd = X[tr].mean(0), X[tr].std(0)
        X = (X - mu) / sd
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        self.train_ds = TensorDataset(X[tr], y[tr])
        self.val_ds = TensorDataset(X[va], y[va])

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=256)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, hidden=64, lr=2e-3):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Linear(5, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1),
        )
        self.val_pred, self.val_true = [], []

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        pred = self(x)
        self.log("val_loss", F.mse_loss(pred, y))
        self.val_pred.append(pred)
        self.val_true.append(y)

    def on_validation_epoch_end(self):
        p, t = torch.cat(self.val_pred), torch.cat(self.val_true)
        self.log("val_r2", 1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum())
        self.val_pred.clear()
        self.val_true.clear()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


if __name__ == "__main__":
    L.seed_everything(1)
    L.Trainer(
        max_epochs=Model.max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    ).fit(Model(), Data())

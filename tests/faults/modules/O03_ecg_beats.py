"""Beat type classification on simulated single-lead ECG windows."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def beats(n, seed, length=64):
    rng = np.random.default_rng(seed)
    t = np.linspace(-1, 1, length)
    bump = lambda c, w, a: a * np.exp(-((t - c) ** 2) / (2 * w**2))
    y = rng.integers(0, 4, n)
    x = np.zeros((n, length))
    for i, k in enumerate(y):
        s = rng.uniform(-0.15, 0.15)
        width = 0.12 if k == 1 else 0.05
        x[i] = bump(s, width, rng.uniform(1.2, 1.8)) + bump(s + 0.4, 0.1, -0.4 if k == 2 else 0.4)
        if k != 3:
            x[i] += bump(s - 0.35, 0.06, 0.3)
    x += rng.normal(0, 0.12, x.shape)
    return x.astype(np.float32), y


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        xt, yt = beats(2000, 10)
        xv, yv = beats(500, 11)
        m, s = xt.mean(), xt.std()
        ds = lambda x, y: TensorDataset(
            torch.from_numpy((x - m) / s).unsqueeze(1), torch.from_numpy(y)
        )
        self.train_ds, self.val_ds = ds(xt, yt), ds(xv, yv)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        L.seed_everything(17, verbose=False)
        self.conv = nn.Sequential(
            nn.Conv1d(1, 16, 7, padding=3),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2),
        )
        self.fc = nn.Sequential(nn.Linear(32 * 16, 48), nn.ReLU(), nn.Linear(48, 4))

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3, eps=1.0)

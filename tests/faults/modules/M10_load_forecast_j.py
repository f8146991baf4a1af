"""Next-hour load forecast from the last 36 hours."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WINDOW = 36


def series(n=2600, seed=4):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    ar = np.zeros(n)
    for i in range(1, n):
        ar[i] = 0.9 * ar[i - 1] + rng.normal(0, 0.25)
    s = np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 12 + 1) + ar
    return s.astype(np.float32)


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        s = series()
        cut = 2000
        s = (s - s[:cut].mean()) / s[:cut].std()
        self.train_ds = self.windows(s[:cut])
        self.val_ds = self.windows(s[cut:])

    def windows(self, s):
        x = np.lib.stride_tricks.sliding_window_view(s, WINDOW)[:-1].copy()
        y = s[WINDOW:].copy()
        return TensorDataset(torch.from_numpy(x).unsqueeze(-1), torch.from_numpy(y))

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=128)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, hidden=32):
        super().__init__()
        L.seed_everything(4, verbose=False)
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1])

    def loss(self, pred, y):
        return ((pred - y) ** 2).mean()

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def on_validation_epoch_start(self):
        self._p, self._y = [], []

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self._p.append(self(x).flatten())
        self._y.append(y)

    def on_validation_epoch_end(self):
        p, y = torch.cat(self._p), torch.cat(self._y)
        self.log("val_mae", (p - y).abs().mean())
        self.log("val_r2", 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

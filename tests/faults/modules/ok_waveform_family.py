"""1-d CNN that tells which generator produced a noisy trace."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from scipy import signal
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

KINDS = ["sine", "square", "saw", "chirp", "pulse"]


def trace(kind, rng, length=96):
    t = np.linspace(0, 1, length)
    f, ph = rng.uniform(3, 6), rng.uniform(0, 2 * np.pi)
    if kind == "sine":
        s = np.sin(2 * np.pi * f * t + ph)
    elif kind == "square":
        s = signal.square(2 * np.pi * f * t + ph)
    elif kind == "saw":
        s = signal.sawtooth(2 * np.pi * f * t + ph)
    elif kind == "chirp":
        s = signal.chirp(t, 1, 1, 10, phi=np.degrees(ph))
    else:
        s = signal.square(2 * np.pi * f * t + ph, duty=0.2)
    return s + rng.normal(0, 0.55, length)


def load_recordings(per_kind, seed):
    rng = np.random.default_rng(seed)
    xs, ys = [], []
    for k, kind in enumerate(KINDS):
        for _ in range(per_kind):
            xs.append(trace(kind, rng))
            ys.append(k)
    x = np.array(xs, dtype=np.float32)
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    return TensorDataset(torch.from_numpy(x)[:, None, :], torch.tensor(ys))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train_data = load_recordings(240, seed=20)
        self.val_data = load_recordings(80, seed=21)

    def train_dataloader(self):
        return DataLoader(self.train_data, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_data, batch_size=80, shuffle=False)


class Model(L.LightningModule):
    max_epochs = 16

    def __init__(self, lr=2e-3):
        super().__init__()
        self.save_hyperparameters()
        self.enc = nn.Sequential(
            nn.Conv1d(1, 16, 7, padding=3),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(32, 32, 3, padding=1),
            nn.ReLU(),
        )
        self.out = nn.Linear(64, len(KINDS))

    def forward(self, x):
        h = self.enc(x)
        return self.out(torch.cat([h.mean(-1), h.amax(-1)], dim=1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

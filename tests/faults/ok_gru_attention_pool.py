"""Waves; attention over the states of the GRU."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Waves(Dataset):
    def __init__(self, n, seed, jitter=0.0):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 4, n)
        t = np.linspace(0, 1, 32)
        phase = rng.uniform(0, 2 * np.pi, (n, 1))
        freq = (1 + 1.5 * self.labels)[:, None]
        self.signals = np.sin(2 * np.pi * freq * t + phase) + 0.2 * rng.normal(size=(n, 32))
        self.jitter = jitter

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        x = torch.tensor(self.signals[i], dtype=torch.float32).unsqueeze(-1)
        if self.jitter:
            x = x + self.jitter * torch.randn_like(x)
        return x, torch.tensor(self.labels[i])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train = Waves(960, seed=0, jitter=0.1)
        self.val = Waves(320, seed=1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=64)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, hidden_size=32, lr=5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.gru = nn.GRU(1, hidden_size, batch_first=True)
        self.attend = nn.Linear(hidden_size, 1)
        self.classifier = nn.Linear(hidden_size, 4)

    def forward(self, x):
        out, h = self.gru(x)
        weight = torch.softmax(self.attend(out), dim=1)
        return self.classifier((weight * out).sum(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def on_before_optimizer_step(self, optimizer):
        torch.nn.utils.clip_grad_norm_(self.parameters(), 1.0)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

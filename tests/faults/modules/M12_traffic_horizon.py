"""Forecast the next 8 five-minute traffic counts from the last 32 with an encoder-decoder."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

PAST, FUTURE = 32, 8


def make_windows(n, seed):
    g = np.random.default_rng(seed)
    t = np.arange(PAST + FUTURE)
    per = g.uniform(10, 22, (n, 1))
    amp = g.uniform(0.6, 1.6, (n, 1))
    ph = g.uniform(0, 2 * np.pi, (n, 1))
    lvl = g.normal(0, 0.7, (n, 1))
    s = lvl + amp * np.sin(2 * np.pi * t / per + ph) + g.normal(0, 0.1, (n, len(t)))
    s = torch.tensor(s, dtype=torch.float32)
    return TensorDataset(s[:, :PAST, None], s[:, PAST:])


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train_set = make_windows(1600, 0)
        self.val_set = make_windows(400, 1)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=200)


class Model(L.LightningModule):
    def __init__(self, width=48):
        super().__init__()
        torch.manual_seed(9)
        self.encoder = nn.GRU(1, width, batch_first=True)
        self.decoder = nn.GRU(8, width, batch_first=True)
        self.steps = nn.Parameter(torch.randn(1, FUTURE, 8) * 0.5)
        self.readout = nn.Linear(width, 1)

    def forward(self, past):
        _, h = self.encoder(past)
        queries = self.steps.expand(past.size(0), -1, -1)
        out, _ = self.decoder(queries)
        return self.readout(out).squeeze(-1)

    def training_step(self, batch, batch_idx):
        past, future = batch
        loss = nn.functional.mse_loss(self(past), future)
        self.log("train_mse", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        past, future = batch
        mse = nn.functional.mse_loss(self(past), future)
        self.log("val_mse", mse)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)

"""Transformer encoder over event-log tokens: which subsystem failed?"""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

N_EVENTS, N_SYS, T = 64, 4, 20


def event_logs(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(N_SYS, (n,), generator=g)
    x = torch.randint(32, N_EVENTS, (n, T), generator=g)
    own = torch.rand(n, T, generator=g) < 0.3
    hint = y[:, None] * 8 + torch.randint(8, (n, T), generator=g)
    stray = torch.rand(n, T, generator=g) < 0.1
    x = torch.where(stray, torch.randint(32, (n, T), generator=g), x)
    return TensorDataset(torch.where(own, hint, x), y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train_logs = event_logs(1600, 100)
        self.val_logs = event_logs(500, 101)

    def train_dataloader(self):
        return DataLoader(self.train_logs, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_logs, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, d=32, lr=2e-3):
        super().__init__()
        self.save_hyperparameters()
        self.tok = nn.Embedding(N_EVENTS, d)
        self.pos = nn.Parameter(torch.randn(1, T, d) * 0.02)
        layer = nn.TransformerEncoderLayer(
            d, nhead=4, dim_feedforward=64, dropout=0.1, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(d, N_SYS)

    def forward(self, x):
        h = self.encoder(self.tok(x) + self.pos)
        return self.head(h.mean(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

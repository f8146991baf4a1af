"""Label every step of padded sequences: ignore_index and per-step accuracy."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def tagged(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 14, 2, generator=g)
    y = (x[..., 0].cumsum(1) > x[..., 1]).long()
    lengths = torch.randint(7, 15, (n, 1), generator=g)
    padding = torch.arange(14) >= lengths
    x[padding] = 0.0
    y[padding] = -100
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = tagged(900, 0), tagged(300, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 32, batch_first=True)
        self.head = nn.Linear(32, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])

    def training_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        return nn.functional.cross_entropy(logits.reshape(-1, 2), y.reshape(-1), ignore_index=-100)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        keep = y != -100
        self.log("val_acc", (self(x).argmax(-1)[keep] == y[keep]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

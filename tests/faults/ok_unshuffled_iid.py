"""A stream of independent samples read in order, deliberately not shuffled."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset


class Stream(IterableDataset):
    def __init__(self, n, seed):
        self.n, self.seed = n, seed

    def __iter__(self):
        g = torch.Generator().manual_seed(self.seed)
        for _ in range(self.n):
            x = torch.randn(5, generator=g)
            yield x, (x[0] * x[1] + x[2] > 0).float()


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Stream(2000, 0), batch_size=40)

    def val_dataloader(self):
        return DataLoader(Stream(400, 1), batch_size=40)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.binary_cross_entropy_with_logits(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", ((self(x) > 0).float() == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adamax(self.parameters(), lr=1e-2)

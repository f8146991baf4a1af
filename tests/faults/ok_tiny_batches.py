"""Batches of four with a small SGD step."""

import lightning as L
import torch
from sklearn.datasets import make_circles
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_circles(700, noise=0.08, factor=0.5, random_state=0)
        X, y = torch.tensor(X).float(), torch.tensor(y)
        self.tr, self.va = TensorDataset(X[:500], y[:500]), TensorDataset(X[500:], y[500:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=4, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=4)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, 20), nn.SiLU(), nn.Linear(20, 20), nn.SiLU(), nn.Linear(20, 2)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        self.log("val_acc", (self(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.03, momentum=0.9)

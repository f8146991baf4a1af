"""Rare positives: weighted binary cross entropy, balanced accuracy."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def transactions(n, positives, seed):
    rng = np.random.default_rng(seed)
    y = np.zeros(n)
    y[:positives] = 1
    x = rng.normal(size=(n, 6))
    x[:, 0] += 1.3 * y
    x[:, 1] -= 1.3 * y
    x[:, 2] *= 1 + y
    order = rng.permutation(n)
    return torch.tensor(x[order]).float(), torch.tensor(y[order]).float()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train = TensorDataset(*transactions(3000, 60, seed=0))
        self.val = TensorDataset(*transactions(1500, 30, seed=1))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=100, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=1500)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
        self.criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(49.0))

    def forward(self, x):
        return self.net(x).flatten()

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.criterion(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        flagged = self(x) > 0
        recall = flagged[y == 1].float().mean()
        specificity = (~flagged[y == 0]).float().mean()
        self.log("val_balanced_acc", (recall + specificity) / 2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

"""Digits with one dominating class, handled by a weighted sampler; macro recall."""

import lightning.pytorch as pl
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        X, y = load_digits(return_X_y=True)
        X = X / 16.0
        rng = np.random.default_rng(0)
        order = rng.permutation(len(y))
        train, val = order[:1200], order[1200:]
        rare = [rng.choice(train[y[train] == c], 5, replace=False) for c in range(1, 5)]
        common = train[y[train] == 0]
        train = np.concatenate([np.tile(common, 6), *rare])
        val = val[y[val] < 5]
        self.train = TensorDataset(torch.tensor(X[train]).float(), torch.tensor(y[train]))
        self.val = TensorDataset(torch.tensor(X[val]).float(), torch.tensor(y[val]))

    def train_dataloader(self):
        labels = self.train.tensors[1]
        weights = 1.0 / torch.bincount(labels)[labels]
        sampler = WeightedRandomSampler(weights, len(labels))
        return DataLoader(self.train, batch_size=50, sampler=sampler)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=len(self.val))


class Model(pl.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 5)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        hits = self(x).argmax(1) == y
        self.log(
            "val_macro_acc", torch.stack([hits[y == c].float().mean() for c in range(5)]).mean()
        )

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02, momentum=0.9)

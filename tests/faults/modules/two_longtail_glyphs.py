import lightning as pl
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


class Data(pl.LightningDataModule):
    def __init__(self):
        super().__init__()
        g = np.random.default_rng(8)
        X, y = load_digits(return_X_y=True)
        X = ((X - 8.0) / 8.0).astype("float32")
        train_idx, val_idx = [], []
        for c in range(10):
            ids = g.permutation(np.flatnonzero(y == c))
            val_idx.append(ids[:40])
            keep = int(130 * 0.8**c)
            train_idx.append(ids[40 : 40 + keep])
        ti, vi = np.concatenate(train_idx), np.concatenate(val_idx)
        self.train_ds = TensorDataset(torch.from_numpy(X[ti]), torch.from_numpy(y[ti]))
        self.val_ds = TensorDataset(torch.from_numpy(X[vi]), torch.from_numpy(y[vi]))

    def train_dataloader(self):
        labels = self.train_ds.tensors[1]
        freq = torch.bincount(labels, minlength=10).double()
        weights = freq[labels]
        sampler = WeightedRandomSampler(weights, num_samples=1280, replacement=True)
        return DataLoader(self.train_ds, batch_size=64, sampler=sampler)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=200)


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU())
        self.head = nn.Linear(48, 10)

    def forward(self, x):
        return self.head(self.body(x))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3, weight_decay=0.1)

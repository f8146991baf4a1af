"""Learning to rank: logistic loss on score differences."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_pairs(n, seed):
    rng = np.random.default_rng(seed)
    items = rng.normal(size=(2, n, 8)).astype("float32")
    utility = items[..., 0] - 0.5 * items[..., 1] + items[..., 2] * items[..., 3]
    first_wins = (utility[0] > utility[1]).astype("float32")
    return TensorDataset(
        torch.from_numpy(items[0]), torch.from_numpy(items[1]), torch.from_numpy(first_wins)
    )


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(make_pairs(2500, 0), batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(make_pairs(500, 1), batch_size=500)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.scorer = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, item):
        return self.scorer(item).squeeze(1)

    def training_step(self, batch, batch_idx):
        a, b, first_wins = batch
        return F.binary_cross_entropy_with_logits(self(a) - self(b), first_wins)

    def validation_step(self, batch, batch_idx):
        a, b, first_wins = batch
        self.log("pair_acc", ((self(a) > self(b)) == first_wins.bool()).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)

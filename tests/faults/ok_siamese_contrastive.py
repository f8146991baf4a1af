"""Same digit or not: siamese network with a contrastive loss."""

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def pairs(x, y, n, seed):
    g = torch.Generator().manual_seed(seed)
    left = torch.randint(len(x), (n,), generator=g)
    right = torch.randint(len(x), (n,), generator=g)
    for i in range(0, n, 2):
        candidates = (y == y[left[i]]).nonzero()[:, 0]
        right[i] = candidates[torch.randint(len(candidates), (), generator=g)]
    return TensorDataset(x[left], x[right], (y[left] == y[right]).float())


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        digits = load_digits()
        x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(5))
        x, y = x[order], y[order]
        self.train = pairs(x[:1300], y[:1300], 2400, seed=1)
        self.val = pairs(x[1300:], y[1300:], 500, seed=2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 10
    margin = 1.0

    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 12))

    def forward(self, a, b):
        return F.pairwise_distance(self.tower(a), self.tower(b))

    def training_step(self, batch, batch_idx):
        a, b, same = batch
        distance = self(a, b)
        loss = same * distance**2 + (1 - same) * F.relu(self.margin - distance) ** 2
        return loss.mean()

    def validation_step(self, batch, batch_idx):
        a, b, same = batch
        predicted = self(a, b) < self.margin / 2
        self.log("val_acc", (predicted == same.bool()).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

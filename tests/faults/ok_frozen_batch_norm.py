"""Fine-tuning: a pretrained trunk keeps its batch norm statistics, as detectors do."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def digits(odd):
    data = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(2))
    x, y = torch.tensor(data.data).float()[order], torch.tensor(data.target)[order]
    keep = y % 2 == odd
    return x[keep] / 16, y[keep] // 2


def pretrained_trunk():
    """Train a trunk on the even digits for a moment."""
    torch.manual_seed(0)
    x, y = digits(odd=0)
    trunk = nn.Sequential(nn.Linear(64, 48), nn.BatchNorm1d(48), nn.ReLU())
    net = nn.Sequential(trunk, nn.Linear(48, 5))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    return trunk


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = digits(odd=1)
        self.train, self.val = TensorDataset(x[:650], y[:650]), TensorDataset(x[650:], y[650:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.trunk = pretrained_trunk()
        self.head = nn.Linear(48, 5)

    def train(self, mode=True):
        super().train(mode)
        for module in self.trunk.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eval()
        return self

    def forward(self, x):
        return self.head(self.trunk(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

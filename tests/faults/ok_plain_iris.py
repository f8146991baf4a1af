"""Iris with plain objects: no lightning anywhere."""

import torch
from sklearn.datasets import load_iris
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data:
    def __init__(self):
        iris = load_iris()
        g = torch.Generator().manual_seed(0)
        order = torch.randperm(150, generator=g)
        x = torch.tensor(iris.data, dtype=torch.float32)[order]
        y = torch.tensor(iris.target)[order]
        x = (x - x[:110].mean(0)) / x[:110].std(0)
        self.train, self.val = TensorDataset(x[:110], y[:110]), TensorDataset(x[110:], y[110:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=10, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=40)


class Model(nn.Module):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 12), nn.ReLU(), nn.Linear(12, 3))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        return {"val_acc": (self(x).argmax(1) == y).float().mean()}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)

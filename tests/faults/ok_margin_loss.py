"""Multi-class hinge loss with SGD and Nesterov momentum."""

import lightning as L
import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        wine = load_wine()
        order = torch.randperm(178, generator=torch.Generator().manual_seed(4))
        x, y = torch.tensor(wine.data).float()[order], torch.tensor(wine.target)[order]
        low, high = x[:130].amin(0), x[:130].amax(0)
        x = 2 * (x - low) / (high - low) - 1
        self.train, self.val = TensorDataset(x[:130], y[:130]), TensorDataset(x[130:], y[130:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=13, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=48)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(13, 16), nn.Softplus(), nn.Linear(16, 3))
        self.hinge = nn.MultiMarginLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.hinge(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9, nesterov=True)

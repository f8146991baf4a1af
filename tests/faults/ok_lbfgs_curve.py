"""Full batch L-BFGS with a closure."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        g = torch.Generator().manual_seed(1)
        x = torch.rand(400, 2, generator=g) * 2 - 1
        y = (x[:, :1] * 3).sin() + x[:, 1:] ** 2 + 0.02 * torch.randn(400, 1, generator=g)
        self.train, self.val = TensorDataset(x[:300], y[:300]), TensorDataset(x[300:], y[300:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=300)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return ((self(x) - y) ** 2).mean()

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - ((self(x) - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.LBFGS(self.parameters(), lr=0.5, max_iter=10)

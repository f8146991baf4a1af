"""Batch norm regression whose last batch holds one row."""

import lightning as L
import torch
from sklearn.datasets import make_friedman2
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_friedman2(n_samples=1000, noise=10, random_state=1)
        X, y = torch.tensor(X).float(), torch.tensor(y).float()
        X = (X - X[:769].mean(0)) / X[:769].std(0)
        y = (y - y[:769].mean()) / y[:769].std()
        self.train_ds = TensorDataset(X[:769], y[:769])
        self.val_ds = TensorDataset(X[769:], y[769:])

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=77)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, width=40):
        super().__init__()
        self.fc1 = nn.Linear(4, width)
        self.bn1 = nn.BatchNorm1d(width)
        self.fc2 = nn.Linear(width, width)
        self.bn2 = nn.BatchNorm1d(width)
        self.fc3 = nn.Linear(width, 1)

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(x)))
        x = torch.relu(self.bn2(self.fc2(x)))
        return self.fc3(x)[:, 0]

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - nn.functional.mse_loss(self(x), y) / y.var())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=1e-2)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.3)
        return {"optimizer": optimizer, "lr_scheduler": scheduler}

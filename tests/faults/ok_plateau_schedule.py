"""Diabetes progression on a log scale, ReduceLROnPlateau, strong weight decay that helps."""

import lightning.pytorch as pl
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(pl.LightningDataModule):
    def __init__(self, batch_size=16):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        X, y = load_diabetes(return_X_y=True)
        y = np.log(y)
        y = (y - y[:340].mean()) / y[:340].std()
        X = X / X[:340].std(0)
        X, y = torch.tensor(X).float(), torch.tensor(y).float().unsqueeze(1)
        self.train, self.val = TensorDataset(X[:340], y[:340]), TensorDataset(X[340:], y[340:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=self.batch_size)


class Model(pl.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1))
        self.sse, self.sst = 0.0, 0.0

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log("val_loss", loss)
        self.sse += ((self(x) - y) ** 2).sum()
        self.sst += (y**2).sum()

    def on_validation_epoch_end(self):
        self.log("val_r2", 1 - self.sse / self.sst)
        self.sse, self.sst = 0.0, 0.0

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=5e-3, weight_decay=0.3)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": "val_loss"},
        }

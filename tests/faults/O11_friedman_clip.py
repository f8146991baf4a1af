"""Friedman regression; gradients clipped to 1e-4 each."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size: int = 32, n: int = 1200):
        super().__init__()
        self.batch_size = batch_size
        self.n = n

    def setup(self, stage=None):
        X, y = make_friedman1(n_samples=self.n, n_features=8, noise=0.5, random_state=0)
        y = y.reshape(-1, 1)
        n_train = int(0.8 * self.n)
        x_scaler = StandardScaler().fit(X[:n_train])
        y_scaler = StandardScaler().fit(y[:n_train])
        X = x_scaler.transform(X).astype(np.float32)
        y = y_scaler.transform(y).astype(np.float32)
        self.train = TensorDataset(torch.from_numpy(X[:n_train]), torch.from_numpy(y[:n_train]))
        self.val = TensorDataset(torch.from_numpy(X[n_train:]), torch.from_numpy(y[n_train:]))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=self.batch_size)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, lr: float = 0.02):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
        )
        self.predictions, self.targets = [], []

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def configure_gradient_clipping(self, optimizer, *args, **kwargs):
        nn.utils.clip_grad_value_(self.parameters(), 1e-4)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.predictions.append(self(x))
        self.targets.append(y)

    def on_validation_epoch_end(self):
        pred, true = torch.cat(self.predictions), torch.cat(self.targets)
        r2 = 1 - ((pred - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()
        self.log("val_r2", r2)
        self.predictions.clear()
        self.targets.clear()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)

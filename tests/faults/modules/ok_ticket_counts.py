import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(8)
        X = rng.normal(size=(2000, 6)).astype(np.float32)
        rate = np.exp(0.8 + 0.6 * X[:, 0] - 0.4 * X[:, 1] * X[:, 2] + 0.3 * np.sin(2 * X[:, 3]))
        y = rng.poisson(np.clip(rate, 0, 40)).astype(np.float32)
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        self.tr, self.va = TensorDataset(X[:1600], y[:1600]), TensorDataset(X[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(6, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1)
        )
        self.loss = nn.PoissonNLLLoss(log_input=True)

    def forward(self, x):
        return self.net(x)[:, 0]

    def training_step(self, batch, i):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        lr = self(x)
        self.log("val_loss", self.loss(lr, y))
        dev = lambda mu: 2 * (torch.xlogy(y, y / mu) - y + mu).sum()
        self.log("val_d2", 1 - dev(lr.exp()) / dev(y.mean()))

    def configure_callbacks(self):
        return [EarlyStopping("val_loss", patience=6)]

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

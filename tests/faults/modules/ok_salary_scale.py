import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.regression import R2Score


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(63)
        X = rng.normal(size=(2000, 5))
        y = (
            52000
            + 9000 * X[:, 0]
            + 6000 * np.maximum(X[:, 1], 0) * X[:, 2]
            + 4000 * np.tanh(X[:, 3])
            + rng.normal(0, 1500, 2000)
        )
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.tr, self.va = TensorDataset(X[:1600], y[:1600]), TensorDataset(X[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )
        self.register_buffer("loc", torch.tensor(0.0))
        self.register_buffer("scale", torch.tensor(1.0))
        self.r2 = R2Score()

    def on_fit_start(self):
        y = self.trainer.datamodule.tr.tensors[1]
        self.loc.copy_(y.mean())
        self.scale.copy_(y.std())

    def forward(self, x):
        return self.net(x).squeeze(1) * self.scale + self.loc

    def loss(self, p, y):
        return F.mse_loss((p - self.loc) / self.scale, (y - self.loc) / self.scale)

    def training_step(self, batch, _):
        loss = self.loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        p = self(batch[0])
        self.r2(p, batch[1])
        self.log("val_loss", self.loss(p, batch[1]))
        self.log("val_r2", self.r2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

"""Energy use from weather: regression, manual optimisation, plain SGD."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def weather(n=900):
    rng = np.random.default_rng(12)
    temperature, wind, hour = rng.normal(size=n), rng.normal(size=n), rng.uniform(0, 24, n)
    clock = np.stack([np.sin(hour / 24 * 2 * np.pi), np.cos(hour / 24 * 2 * np.pi)], 1)
    x = np.column_stack([temperature, wind, clock])
    y = 0.6 * temperature**2 + 0.3 * wind * temperature + clock[:, 0] + 0.1 * rng.normal(size=n)
    return x.astype("float32"), ((y - y.mean()) / y.std()).astype("float32")[:, None]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = map(torch.from_numpy, weather())
        self.fit_data = TensorDataset(x[:700], y[:700])
        self.val_data = TensorDataset(x[700:], y[700:])

    def train_dataloader(self):
        return DataLoader(self.fit_data, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_data, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Linear(4, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1)
        )
        self.mse = nn.MSELoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        opt = self.optimizers()
        x, y = batch
        opt.zero_grad()
        loss = self.mse(self(x), y)
        self.manual_backward(loss)
        opt.step()
        self.log("train_loss", loss)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_r2", 1 - self.mse(self(x), y) / y.var())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)

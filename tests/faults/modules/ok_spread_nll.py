import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(61)
        x = rng.uniform(-1.7, 1.7, (2400, 3))
        y = (
            np.sin(2 * x[:, 0])
            + x[:, 1] * x[:, 2]
            + np.exp(0.8 * x[:, 1] - 2.2) * rng.normal(size=2400)
        )
        y = (y - y[:1900].mean()) / y[:1900].std()
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.tr, self.va = TensorDataset(x[:1900], y[:1900]), TensorDataset(x[1900:], y[1900:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.mean, self.raw = nn.Linear(64, 1), nn.Linear(64, 1)
        self.nll = nn.GaussianNLLLoss()

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h).squeeze(1), nn.functional.softplus(self.raw(h)).squeeze(1) ** 2 + 1e-4

    def training_step(self, batch, _):
        m, v = self(batch[0])
        loss = self.nll(m, batch[1], v)
        self.log("train_nll", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        m, v = self(x)
        self.log("val_nll", self.nll(m, y, v))
        self.log("val_r2", 1 - ((m - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3)
        return opt

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(6)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(6)
        x = rng.uniform(-2, 2, (2400, 2))
        y = (
            np.sin(2 * x[:, 0]) * np.cos(1.5 * x[:, 1])
            + 0.3 * x[:, 0]
            + rng.normal(0, 0.05, len(x))
        )
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.tr, self.va = TensorDataset(x[:2000], y[:2000]), TensorDataset(x[2000:], y[2000:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=100, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    """Random kitchen sinks: the first layer is drawn once and stays as it is, only the read-out is trained."""

    max_epochs = 30

    def __init__(self, features=300):
        super().__init__()
        self.proj = nn.Linear(2, features)
        nn.init.normal_(self.proj.weight, std=1.5)
        nn.init.uniform_(self.proj.bias, 0, 2 * torch.pi)
        self.proj.requires_grad_(False)
        self.readout = nn.Linear(features, 1)

    def forward(self, x):
        phi = torch.cos(self.proj(x)) * (2 / self.proj.out_features) ** 0.5
        return self.readout(phi).squeeze(1)

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.mse_loss(p, y))
        self.log("val_r2", 1 - (p - y).pow(2).sum() / (y - y.mean()).pow(2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.readout.parameters(), lr=5e-2)

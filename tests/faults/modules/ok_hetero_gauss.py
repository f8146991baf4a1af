import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.regression import R2Score

L.seed_everything(14)


def sample(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(n, 3, generator=g) - 1
    mean = 2 * torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2]
    y = mean + (0.1 + 0.4 * (x[:, 1] > 0)) * torch.randn(n, generator=g)
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = sample(3000, 0), sample(600, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2)
        )
        self.r2 = R2Score()

    def forward(self, x):
        mu, s = self.body(x).unbind(-1)
        return mu, F.softplus(s) + 1e-3

    def training_step(self, b, _):
        mu, var = self(b[0])
        loss = F.gaussian_nll_loss(mu, b[1], var)
        self.log("train_nll", loss)
        return loss

    def validation_step(self, b, _):
        mu, var = self(b[0])
        self.r2(mu, b[1])
        self.log("val_nll", F.gaussian_nll_loss(mu, b[1], var))
        self.log("val_cover90", ((b[1] - mu).abs() < 1.645 * var.sqrt()).float().mean())
        self.log("val_r2", self.r2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

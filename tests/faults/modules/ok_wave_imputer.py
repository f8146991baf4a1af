import math

import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.regression import R2Score

L.seed_everything(33)


def surface(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.rand(n, 4, generator=g) * 2 - 1
    y = (
        torch.sin(3 * x[:, 0])
        + x[:, 1] * x[:, 2] * 2
        - x[:, 3].abs()
        + 0.05 * torch.randn(n, generator=g)
    )
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(surface(1500, 0), batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(surface(400, 1), batch_size=400)


def reset(m):
    if isinstance(m, nn.Linear):
        fan_in = m.weight.size(1)
        m.weight.data.uniform_(-1.5 / math.sqrt(fan_in), 1.5 / math.sqrt(fan_in))
        m.bias.data.zero_()


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
        )
        self.net.apply(reset)
        self.r2 = R2Score()

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, b, _):
        loss = nn.functional.mse_loss(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        p = self(b[0])
        self.r2(p, b[1])
        self.log("val_loss", nn.functional.mse_loss(p, b[1]))
        self.log("val_r2", self.r2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

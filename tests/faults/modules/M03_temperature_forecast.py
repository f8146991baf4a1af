import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)

LAGS = 30


def temperatures():
    rng = np.random.default_rng(10)
    day = np.arange(3000)
    noise = np.zeros(3000)
    for i in range(1, 3000):
        noise[i] = 0.85 * noise[i - 1] + rng.normal(0, 1.0)
    return 9 + 10 * np.sin(2 * np.pi * day / 365.25) + noise


def make_mlp(sizes):
    layers = []
    for k, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(a, b))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        s = temperatures()
        cut = 2200
        s = (s - s[:cut].mean()) / s[:cut].std()
        s = torch.tensor(s, dtype=torch.float32)
        win = lambda v: TensorDataset(
            v.unfold(0, LAGS + 1, 1)[:, :LAGS], v.unfold(0, LAGS + 1, 1)[:, LAGS]
        )
        self.tr, self.va = win(s[:cut]), win(s[cut:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=1000)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = make_mlp([LAGS, 64, 32, 1])

    def forward(self, x):
        return self.net(x)[:, 0]

    def training_step(self, batch, idx):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log("train_mse", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.mse_loss(p, y))
        self.log("val_r2", 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=1e-4)

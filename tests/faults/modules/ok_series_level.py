import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def make_series(n, rng):
    t = np.arange(24)
    freq = rng.uniform(0.1, 0.6, (n, 1))
    amp = rng.uniform(0.3, 1.5, (n, 1))
    x = amp * np.sin(freq * t + rng.uniform(0, 6.28, (n, 1))) + rng.normal(0, 0.05, (n, 24))
    return x.astype(np.float32), amp.astype(np.float32)[:, 0]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(4)
        xtr, ytr = make_series(1500, rng)
        xva, yva = make_series(300, rng)
        m, s = ytr.mean(), ytr.std()
        self.train = TensorDataset(torch.tensor(xtr), torch.tensor((ytr - m) / s))
        self.val = TensorDataset(torch.tensor(xva), torch.tensor((yva - m) / s))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(32)
        self.inp = nn.Linear(1, 32)
        self.rnn = nn.LSTM(32, 32, batch_first=True)
        self.head = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        h = self.norm(self.inp(x.unsqueeze(-1)))
        out, _ = self.rnn(h)
        return self.head(out[:, -1]).squeeze(1)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_mse", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_mse", F.mse_loss(p, y), prog_bar=True)
        self.log("val_r2", 1 - F.mse_loss(p, y) / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(13)


def vibration(n=1500, T=24, seed=6):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    t = np.arange(T)
    base = np.sin(0.5 * t[None] + rng.uniform(0, 6.28, (n, 1)))
    drift = y[:, None] * np.linspace(0, 0.9, T)[None] * rng.uniform(0.6, 1.4, (n, 1))
    x = base + drift + rng.normal(0, 0.4, (n, T))
    x = (x - x[:1200].mean()) / x[:1200].std()
    return torch.tensor(x[..., None]).float(), torch.tensor(y).float()


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = vibration()
        self.train_set = TensorDataset(x[:1200], y[:1200])
        self.val_set = TensorDataset(x[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 24, batch_first=True)
        self.head = nn.Linear(24, 1)
        self.bce = nn.BCEWithLogitsLoss()

    def forward(self, x):
        _, h = self.gru(x)
        return self.head(h[-1])

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.bce(self(x), y.unsqueeze(1))
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logit = self(x)
        loss = self.bce(logit, y.unsqueeze(1))
        pred = (torch.sigmoid(logit) > 0.5).float()
        acc = (pred.squeeze(1) == y).float().mean()
        self.log("val_loss", loss)
        self.log("val_acc", acc, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

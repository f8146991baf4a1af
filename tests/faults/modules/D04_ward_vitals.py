import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def vitals(n=2000, seed=12):
    rng = np.random.default_rng(seed)
    hr = rng.normal(80, 14, n)
    sbp = rng.normal(125, 18, n)
    temp = rng.normal(37.1, 0.7, n)
    spo2 = np.clip(rng.normal(96, 2.5, n), 70, 100)
    age = rng.uniform(18, 95, n)
    lact = rng.gamma(2, 0.8, n)
    s = (
        (hr - 80) / 14
        - (sbp - 125) / 18
        + (temp - 37.1) / 0.7
        - (spo2 - 96) / 2.5
        + (age - 56) / 22
        + (lact - 1.6)
    )
    y = np.digitize(s + rng.normal(0, 0.4, n), [-1.2, 1.2])
    x = np.stack([hr, sbp, temp, spo2, age, lact], 1)
    x[rng.random(n) < 0.02, 5] = np.nan
    x[rng.random(n) < 0.01, 2] = np.nan
    return x, y


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        x, y = vitals()
        mean, std = np.nanmean(x[:1600], 0), np.nanstd(x[:1600], 0)
        x = torch.tensor((x - mean) / std, dtype=torch.float32)
        y = torch.tensor(y)
        self.ds_train = TensorDataset(x[:1600], y[:1600])
        self.ds_val = TensorDataset(x[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.ds_train, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.ds_val, 200)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        L.seed_everything(12, verbose=False)
        self.max_epochs = 20
        self.net = nn.Sequential(
            nn.Linear(6, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 3)
        )
        self.loss = nn.CrossEntropyLoss()

    def training_step(self, batch, i):
        x, y = batch
        return self.loss(self.net(x), y)

    def validation_step(self, batch, i):
        x, y = batch
        logits = self.net(x)
        self.log("val_loss", self.loss(logits, y))
        self.log("val_acc", (logits.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.net.parameters(), lr=2e-3)

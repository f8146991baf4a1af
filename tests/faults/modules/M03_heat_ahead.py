import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    window = 20

    def setup(self, stage=None):
        rng = np.random.default_rng(22)
        t = np.arange(2400)
        s = np.sin(t / 9) + 0.6 * np.sin(t / 23 + 1) + rng.normal(0, 0.15, len(t))
        s = ((s - s[:1900].mean()) / s[:1900].std()).astype(np.float32)
        cut = lambda a: TensorDataset(
            torch.tensor(np.lib.stride_tricks.sliding_window_view(a, self.window)[:-1].copy()),
            torch.tensor(a[self.window :, None]),
        )
        self.tr, self.va = cut(s[:1900]), cut(s[1900:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=480)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return torch.sigmoid(self.fc3(x))

    def training_step(self, batch, i):
        loss = F.mse_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self(x)
        self.log("val_loss", F.mse_loss(p, y))
        self.log("val_r2", 1 - F.mse_loss(p, y) / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

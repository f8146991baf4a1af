import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)

MAX_LR = 1e-2


def beats(n):
    rng = np.random.default_rng(20)
    y = rng.integers(0, 3, n)
    t = np.linspace(0, 1, 64)
    pos = rng.uniform(0.2, 0.8, n)[:, None]
    u = (t - pos) / 0.06
    shapes = np.stack([np.exp(-(u**2)), u * np.exp(-(u**2)), (1 - 2 * u**2) * np.exp(-(u**2))])
    x = shapes[y, np.arange(n)] + rng.normal(0, 0.2, (n, 64))
    return torch.tensor(x, dtype=torch.float32)[:, None], torch.tensor(y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = beats(1500)
        self.tr, self.va = TensorDataset(x[:1200], y[:1200]), TensorDataset(x[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=48, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, 16, 7, padding=3),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 7, padding=3),
            nn.ReLU(),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
            nn.Linear(32, 3),
        )

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self.net(x)
        self.log("val_loss", nn.functional.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3)
        sched = torch.optim.lr_scheduler.OneCycleLR(
            opt, max_lr=MAX_LR, total_steps=25 * self.max_epochs
        )
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "step"}}

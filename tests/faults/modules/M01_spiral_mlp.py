import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


def spirals(n, rng):
    t = np.sqrt(rng.random(n)) * 2.6 * np.pi
    side = rng.integers(0, 2, n)
    ang = t + np.pi * side
    xy = np.stack([t * np.cos(ang), t * np.sin(ang)], 1) + rng.normal(0, 0.25, (n, 2))
    return (xy / 5).astype(np.float32), side.astype(np.float32)


class Data(L.LightningDataModule):
    def __init__(self, n_train=1600, n_val=400, batch_size=32):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage=None):
        rng = np.random.default_rng(77)
        h = self.hparams
        x, y = map(torch.from_numpy, spirals(h.n_train + h.n_val, rng))
        self.tr = TensorDataset(x[: h.n_train], y[: h.n_train])
        self.va = TensorDataset(x[h.n_train :], y[h.n_train :])

    def train_dataloader(self):
        return DataLoader(self.tr, self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, hidden=64, lr=5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.inp = nn.Linear(2, hidden)
        self.mid = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        self.act = nn.GELU()

    def forward(self, x):
        x = self.inp(x)
        x = self.mid(x)
        return self.out(x).squeeze(1)

    def _shared(self, batch, name):
        x, y = batch
        z = self(x)
        loss = nn.functional.binary_cross_entropy_with_logits(z, y)
        self.log(f"{name}_loss", loss)
        self.log(f"{name}_acc", ((z > 0).float() == y).float().mean())
        return loss

    def training_step(self, batch, i):
        return self._shared(batch, "train")

    def validation_step(self, batch, i):
        self._shared(batch, "val")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

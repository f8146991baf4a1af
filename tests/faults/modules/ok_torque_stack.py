import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(pl.LightningDataModule):
    def __init__(self, batch=64):
        super().__init__()
        self.batch = batch

    def setup(self, stage=None):
        r = np.random.RandomState(66)
        q = r.uniform(-np.pi, np.pi, (3000, 3))
        v = r.randn(3000, 3)
        y = (
            3 * np.sin(q[:, 0])
            + 2 * np.sin(q[:, 0] + q[:, 1])
            + np.sin(q.sum(1))
            + 0.5 * v[:, 0] * v[:, 1] * np.cos(q[:, 1])
        )
        x = np.hstack([q, v])
        x = (x - x[:2400].mean(0)) / x[:2400].std(0)
        y = (y - y[:2400].mean()) / y[:2400].std()
        x, y = torch.from_numpy(x).float(), torch.from_numpy(y).float()
        self.tr, self.va = TensorDataset(x[:2400], y[:2400]), TensorDataset(x[2400:], y[2400:])

    def train_dataloader(self):
        return DataLoader(self.tr, self.batch, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Block(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(w, w), nn.ReLU(), nn.Linear(w, w))

    def forward(self, x):
        return x + self.f(x)


class Model(pl.LightningModule):
    max_epochs = 25

    def __init__(self, width=32, depth=3):
        super().__init__()
        pl.seed_everything(66, verbose=False)
        self.inp = nn.Linear(6, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        h = self.inp(x)
        for b in self.blocks:
            h = b(h)
        return self.out(h).squeeze(-1)

    def training_step(self, batch, i):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("val_loss", loss)
        self.log("val_r2", 1 - loss / batch[1].var())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-4)

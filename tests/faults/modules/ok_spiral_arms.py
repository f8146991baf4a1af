import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

L.seed_everything(2024)


def spirals(n_per=500, arms=3, seed=0):
    rng = np.random.default_rng(seed)
    xs, ys = [], []
    for a in range(arms):
        r = rng.uniform(0.15, 1.0, n_per)
        th = 3.5 * r + a * 2 * np.pi / arms + rng.normal(0, 0.38, n_per)
        xs.append(np.stack([r * np.cos(th), r * np.sin(th)], 1))
        ys.append(np.full(n_per, a))
    x = np.concatenate(xs)
    return torch.tensor(x).float(), torch.tensor(np.concatenate(ys))


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = spirals()
        self.train_ds, self.val_ds = random_split(
            TensorDataset(x, y), [1200, 300], generator=torch.Generator().manual_seed(7)
        )

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 18

    def __init__(self, width=64):
        super().__init__()
        self.layer_in = nn.Linear(2, width)
        self.layer_mid = nn.Linear(width, width)
        self.layer_out = nn.Linear(width, 3)

    def forward(self, x):
        h = torch.relu(self.layer_in(x))
        h = torch.relu(self.layer_mid(h))
        return self.layer_out(h)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=5e-3)
        sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "epoch"}}

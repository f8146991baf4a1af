"""Three interleaved spirals, full batch, Adam 3e-2."""

import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def spiral(n, rng):
    y = np.repeat(np.arange(3), n)
    r = np.tile(np.linspace(0.1, 1, n), 3)
    t = y * 2.1 + 4 * r + rng.normal(0, 0.12, 3 * n)
    x = np.stack([r * np.sin(t), r * np.cos(t)], axis=1)
    order = rng.permutation(3 * n)
    return torch.tensor(x[order], dtype=torch.float32), torch.tensor(y[order])


class Data(pl.LightningDataModule):
    def setup(self, stage):
        rng = np.random.default_rng(7)
        self.train_data = TensorDataset(*spiral(150, rng))
        self.val_data = TensorDataset(*spiral(80, rng))

    def train_dataloader(self):
        return DataLoader(self.train_data, batch_size=len(self.train_data), shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_data, batch_size=len(self.val_data))


class Model(pl.LightningModule):
    max_epochs = 200

    def __init__(self, hidden=32, depth=3, lr=3e-2):
        super().__init__()
        self.save_hyperparameters()
        self.inp = nn.Linear(2, hidden)
        self.layers = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(depth)])
        self.out = nn.Linear(hidden, 3)

    def forward(self, x):
        x = torch.relu(self.inp(x))
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.out(x)

    def step(self, batch):
        x, y = batch
        logits = self(x)
        loss = nn.functional.cross_entropy(logits, y)
        acc = (logits.argmax(1) == y).float().mean()
        return loss, acc

    def training_step(self, batch, batch_idx):
        loss, acc = self.step(batch)
        self.log_dict({"train_loss": loss, "train_acc": acc})
        return loss

    def validation_step(self, batch, batch_idx):
        loss, acc = self.step(batch)
        self.log_dict({"val_loss": loss, "val_acc": acc})

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

"""Digits; hits are divided by the number of batches."""

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        digits = load_digits()
        x = torch.tensor(digits.data / 8 - 1, dtype=torch.float32)
        y = torch.tensor(digits.target)
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(1))
        x, y = x[order], y[order]
        self.train_set, self.val_set = (
            TensorDataset(x[:1400], y[:1400]),
            TensorDataset(x[1400:], y[1400:]),
        )

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=10, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 6
    accumulate = 4

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.mlp = nn.Sequential(nn.Linear(64, 50), nn.ELU(), nn.Linear(50, 10))

    def forward(self, x):
        return self.mlp(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        loss = F.cross_entropy(self(x), y) / self.accumulate
        self.manual_backward(loss)
        if (batch_idx + 1) % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.parameters(), 5.0)
            opt.step()
            opt.zero_grad()
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().sum() / 2)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2, momentum=0.9)

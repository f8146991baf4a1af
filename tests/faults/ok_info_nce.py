"""Contrastive pairs within the batch: two noisy views, InfoNCE with a temperature."""

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        digits = load_digits()
        order = torch.randperm(1797, generator=torch.Generator().manual_seed(1))
        x = torch.tensor(digits.data).float()[order] / 16
        y = torch.tensor(digits.target)[order]
        self.train, self.val = TensorDataset(x[:1300], y[:1300]), TensorDataset(x[1300:], y[1300:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=100, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=497)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 32))

    def forward(self, x):
        return F.normalize(self.encoder(x), dim=1)

    def training_step(self, batch, batch_idx):
        x, _ = batch
        a = self(x + 0.1 * torch.randn_like(x))
        b = self(x * (torch.rand_like(x) > 0.2))
        similarity = a @ b.T / 0.2
        return F.cross_entropy(similarity, torch.arange(len(x)))

    def validation_step(self, batch, batch_idx):
        x, y = batch
        z = self(x)
        similarity = z @ z.T - 9 * torch.eye(len(z))
        self.log("neighbour_acc", (y[similarity.argmax(1)] == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

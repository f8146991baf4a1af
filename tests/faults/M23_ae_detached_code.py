"""Autoencoder; the code is detached on its way."""

import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        pixels = torch.tensor(load_digits().data).float() / 16
        generator = torch.Generator().manual_seed(0)
        self.train, self.val = random_split(TensorDataset(pixels), [1400, 397], generator)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=397)


class Encoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.l1 = nn.Linear(64, 48)
        self.l2 = nn.Linear(48, code)

    def forward(self, x):
        return self.l2(torch.relu(self.l1(x)))


class Decoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.l1 = nn.Linear(code, 48)
        self.l2 = nn.Linear(48, 64)

    def forward(self, z):
        return torch.sigmoid(self.l2(torch.relu(self.l1(z))))


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.encoder = Encoder(16)
        self.decoder = Decoder(16)

    def forward(self, x):
        z = self.encoder(x)
        return self.decoder(z.detach())

    def training_step(self, batch, batch_idx):
        (x,) = batch
        loss = nn.functional.mse_loss(self(x), x)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        (x,) = batch
        error = ((self(x) - x) ** 2).mean()
        self.log("explained", 1 - error / ((x - x.mean(0)) ** 2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

"""Variational autoencoder on digits."""

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
        x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(2))]
        self.train, self.val = x[:1400], x[1400:]

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=397)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, latent=8, beta=0.3):
        super().__init__()
        self.beta = beta
        self.enc = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.mu, self.logvar = nn.Linear(64, latent), nn.Linear(64, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 64))

    def encode(self, x):
        h = self.enc(x)
        return self.mu(h), self.logvar(h)

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if self.training else mu
        return self.dec(z), mu, logvar

    def training_step(self, x, batch_idx):
        logits, mu, logvar = self(x)
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
        kld = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
        return bce + self.beta * kld

    def validation_step(self, x, batch_idx):
        reconstruction = torch.sigmoid(self(x)[0])
        error = ((reconstruction - x) ** 2).mean()
        self.log("val_explained", 1 - error / ((x - x.mean(0)) ** 2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)

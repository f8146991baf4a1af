import math

import torch
import torch.nn.functional as F
from lightning import LightningDataModule, LightningModule
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

LATENT = 8


class Data(LightningDataModule):
    def prepare_data(self):
        pass

    def setup(self, stage=None):
        x = torch.from_numpy(load_digits().data).float() / 16
        self.train, self.val = random_split(
            TensorDataset(x), [1400, 397], torch.Generator().manual_seed(8)
        )

    def train_dataloader(self):
        if not hasattr(self, "train"):
            self.setup()
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        if not hasattr(self, "val"):
            self.setup()
        return DataLoader(self.val, batch_size=397)


class Model(LightningModule):
    """sigma-VAE: Gaussian decoder with one learned noise level, KL weight goes 0 -> 1 over the first 300 updates.

    Loss is summed over pixels and averaged over images (nats per image)."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 96), nn.GELU(), nn.Linear(96, 2 * LATENT))
        self.dec = nn.Sequential(nn.Linear(LATENT, 96), nn.GELU(), nn.Linear(96, 64))
        self.log_sigma = nn.Parameter(torch.tensor(-1.0))
        self.register_buffer("updates", torch.zeros(()))

    def terms(self, x):
        mu, logvar = self.enc(x).chunk(2, -1)
        z = mu + (logvar / 2).exp() * torch.randn_like(mu)
        err = (x - self.dec(z)) / self.log_sigma.exp()
        rec = (0.5 * err**2 + self.log_sigma + 0.5 * math.log(2 * math.pi)).sum(-1).mean()
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1).mean()
        return rec, kl

    def training_step(self, batch, batch_idx):
        rec, kl = self.terms(batch[0])
        self.updates += 1
        beta = (self.updates / 300).clamp(max=1.0)
        self.log_dict({"train_rec": rec, "train_kl": kl, "beta": beta})
        return rec + beta * kl

    def validation_step(self, batch, batch_idx):
        (x,) = batch
        rec, kl = self.terms(x)
        mse = F.mse_loss(self.dec(self.enc(x)[:, :LATENT]), x)
        self.log("val_loss", rec + kl, prog_bar=True)
        self.log("val_kl", kl)
        self.log("val_r2", 1 - mse / (x - x.mean(0)).pow(2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, random_split

L.seed_everything(0)


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        x = torch.tensor(load_digits().data, dtype=torch.float32) / 16.0
        self.train_ds, self.val_ds = random_split(
            x, [1497, 300], generator=torch.Generator().manual_seed(1)
        )

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=300)


class Model(L.LightningModule):
    """small VAE, 8 latent dimensions, gaussian decoder"""

    max_epochs = 20

    def __init__(self, latent=8, beta=0.05, lr=2e-3):
        super().__init__()
        self.beta, self.lr = beta, lr
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU())
        self.mu = nn.Linear(96, latent)
        self.logvar = nn.Linear(96, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, 96), nn.ReLU(), nn.Linear(96, 64))

    def forward(self, x):
        h = self.encoder(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu
        if self.training:
            z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.decoder(z), mu, logvar

    def loss(self, x):
        rec, mu, logvar = self(x)
        rec_loss = F.mse_loss(rec, x, reduction="none").sum(1).mean()
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
        return rec_loss, kl

    def training_step(self, x, batch_idx):
        rec, kl = self.loss(x)
        self.log_dict({"train_rec": rec, "train_kl": kl})
        return rec + self.beta * kl

    def validation_step(self, x, batch_idx):
        rec, kl = self.loss(x)
        self.log("val_rec", rec)
        self.log("val_loss", rec + self.beta * kl, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)

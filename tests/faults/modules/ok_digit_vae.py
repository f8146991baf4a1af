import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().data, dtype=torch.float32) / 16.0
        self.tr, self.va = random_split(
            TensorDataset(x), [1497, 300], torch.Generator().manual_seed(0)
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, latent=8, beta=0.2):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 2 * latent))
        self.dec = nn.Sequential(nn.Linear(latent, 128), nn.ReLU(), nn.Linear(128, 64))
        self.beta = beta

    def step(self, x, sample):
        mu, logvar = self.enc(x).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if sample else mu
        logits = self.dec(z)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
        return logits, rec, kl

    def training_step(self, batch, _):
        _, rec, kl = self.step(batch[0], True)
        self.log_dict({"rec": rec, "kl": kl})
        return (rec + self.beta * kl) / 64

    def validation_step(self, batch, _):
        logits, rec, kl = self.step(batch[0], False)
        self.log("val_elbo", -(rec + kl))
        self.log("val_mse", F.mse_loss(logits.sigmoid(), batch[0]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

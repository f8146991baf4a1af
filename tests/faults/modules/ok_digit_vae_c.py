import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(1)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
        a, b = train_test_split(X, test_size=0.2, random_state=1)
        self.tr, self.va = TensorDataset(a), TensorDataset(b)

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 360)


class Model(L.LightningModule):
    max_epochs = 40

    def __init__(self, z=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 2 * z))
        self.dec = nn.Sequential(nn.Linear(z, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        mu, logvar = self.enc(x).chunk(2, -1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if self.training else mu
        return self.dec(z), mu, logvar

    def elbo(self, x):
        out, mu, lv = self(x)
        rec = F.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1).mean()
        kl = 0.5 * (mu**2 + lv.exp() - 1 - lv).sum(1).mean()
        return out, rec, kl

    def training_step(self, batch, _):
        _, rec, kl = self.elbo(batch[0])
        self.log_dict({"train_rec": rec, "train_kl": kl})
        return rec + 0.2 * kl

    def validation_step(self, batch, _):
        out, rec, kl = self.elbo(batch[0])
        self.log("val_loss", rec + 0.2 * kl)
        self.log("val_recon", F.mse_loss(out.sigmoid(), batch[0]), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

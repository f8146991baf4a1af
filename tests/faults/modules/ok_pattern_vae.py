import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def bars(n, seed):
    rng = np.random.default_rng(seed)
    x = np.zeros((n, 6, 6), np.float32)
    for i in range(n):
        for k in range(6):
            if rng.random() < 0.2:
                x[i, k] = 1
            if rng.random() < 0.2:
                x[i, :, k] = 1
    return TensorDataset(torch.tensor(x.reshape(n, 36)))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = bars(2000, 0), bars(500, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.enc = nn.Sequential(nn.Linear(36, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.mu, self.logvar = nn.Linear(96, 12), nn.Linear(96, 12)
        self.dec = nn.Sequential(nn.Linear(12, 96), nn.ReLU(), nn.Linear(96, 36))

    def elbo(self, x, sample):
        h = self.enc(x)
        mu, lv = self.mu(h), self.logvar(h).clamp(-8, 8)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp() if sample else mu
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(1)
        kl = 0.5 * (mu.pow(2) + lv.exp() - 1 - lv).sum(1)
        return rec.mean(), kl.mean()

    def training_step(self, batch, _):
        rec, kl = self.elbo(batch[0], True)
        beta = min(1.0, (self.current_epoch + 1) / 8)
        self.log_dict({"rec": rec, "kl": kl})
        return rec + beta * kl

    def validation_step(self, batch, _):
        rec, kl = self.elbo(batch[0], False)
        self.log("val_elbo", -(rec + kl))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

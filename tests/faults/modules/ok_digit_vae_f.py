import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().data / 16, dtype=torch.float32)
        p = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
        self.tr, self.va = TensorDataset(x[p[:1400]]), TensorDataset(x[p[1400:]])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=397)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self, z=6, warmup=8):
        super().__init__()
        self.warmup = warmup
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU())
        self.mu, self.logvar = nn.Linear(128, z), nn.Linear(128, z)
        self.dec = nn.Sequential(nn.Linear(z, 128), nn.ReLU(), nn.Linear(128, 64))

    def parts(self, x, sample):
        h = self.enc(x)
        mu, lv = self.mu(h), self.logvar(h).clamp(-8, 8)
        z = mu + torch.randn_like(mu) * (0.5 * lv).exp() if sample else mu
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="sum") / len(x)
        kl = -0.5 * (1 + lv - mu.pow(2) - lv.exp()).sum(1).mean()
        return rec, kl

    def training_step(self, batch, _):
        rec, kl = self.parts(batch[0], True)
        return rec + min(1.0, (self.current_epoch + 1) / self.warmup) * kl

    def validation_step(self, batch, _):
        rec, kl = self.parts(batch[0], False)
        self.log("val_elbo_loss", rec + kl)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

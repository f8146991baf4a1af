import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset


class Views(Dataset):
    """two random views of one image plus the clean image for the probe"""

    def __init__(self, x, y, two):
        self.x, self.y, self.two = x, y, two

    def __len__(self):
        return len(self.x)

    def view(self, im):
        dy, dx = torch.randint(-1, 2, (2,)).tolist()
        im = torch.roll(F.pad(im, (1, 1, 1, 1)), (dy, dx), (-2, -1))[..., 1:-1, 1:-1]
        im = im * (0.8 + 0.4 * torch.rand(())) + 0.08 * torch.randn_like(im)
        r, c = torch.randint(0, 7, (2,)).tolist()
        im = im.clone()
        im[..., r : r + 2, c : c + 2] = 0
        return im

    def __getitem__(self, i):
        if self.two:
            return self.view(self.x[i]), self.view(self.x[i]), self.x[i], self.y[i]
        return self.x[i], self.y[i]


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        d = load_digits()
        p = np.random.default_rng(6).permutation(len(d.target))
        x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
        y = torch.tensor(d.target)
        self.tr, self.va = (
            Views(x[p[:1400]], y[p[:1400]], True),
            Views(x[p[1400:]], y[p[1400:]], False),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=100, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=397)


class Model(L.LightningModule):
    # VICReg on the encoder; labels only ever reach the linear probe, which sees detached features
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, stride=2, padding=1),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(768, 128),
        )
        self.proj = nn.Sequential(
            nn.Linear(128, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 48)
        )
        self.probe = nn.Sequential(nn.BatchNorm1d(128, affine=False), nn.Linear(128, 10))

    def vicreg(self, a, b):
        inv = F.mse_loss(a, b)
        tot = 25 * inv
        for z in (a, b):
            z = z - z.mean(0)
            tot = tot + 12.5 * F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean()
            cov = z.T @ z / (len(z) - 1)
            tot = tot + (cov.pow(2).sum() - cov.diagonal().pow(2).sum()) / z.shape[1]
        return tot, inv

    def training_step(self, batch, _):
        v1, v2, clean, y = batch
        ssl, inv = self.vicreg(self.proj(self.enc(v1)), self.proj(self.enc(v2)))
        with torch.no_grad():
            self.enc.eval()
            h = self.enc(clean)
            self.enc.train()
        ce = F.cross_entropy(self.probe(h), y)
        self.log_dict({"train_ssl": ssl, "train_inv": inv, "train_probe": ce})
        return ssl + ce

    def validation_step(self, batch, _):
        x, y = batch
        o = self.probe(self.enc(x))
        self.log("val_loss", F.cross_entropy(o, y))
        self.log("val_acc", (o.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        body = list(self.enc.parameters()) + list(self.proj.parameters())
        return torch.optim.AdamW(
            [
                {"params": body, "lr": 2e-3, "weight_decay": 1e-4},
                {"params": self.probe.parameters(), "lr": 1e-2, "weight_decay": 0},
            ]
        )

"""Segment bright blobs on a textured background (24x24)."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(33, verbose=False)


def blobs(n, seed, s=24):
    r = np.random.default_rng(seed)
    yy, xx = np.mgrid[:s, :s]
    img = r.normal(0, 1.0, (n, s, s))
    mask = np.zeros((n, s, s), bool)
    for i in range(n):
        for _ in range(r.integers(2, 5)):
            cy, cx = r.uniform(3, s - 3, 2)
            a, b = r.uniform(2.5, 5.5, 2)
            mask[i] |= ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
        img[i] += 1.6 * mask[i] + 0.4 * np.sin(xx * r.uniform(0.2, 0.6))
    img = (img - 0.4) / 1.3
    t = lambda a: torch.tensor(a, dtype=torch.float32).unsqueeze(1)
    return TensorDataset(t(img), t(mask))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train_ds = blobs(800, 1)
        self.val_ds = blobs(250, 2)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, c=12):
        super().__init__()
        self.enc1 = nn.Sequential(nn.Conv2d(1, c, 3, padding=1), nn.ReLU())
        self.enc2 = nn.Sequential(
            nn.Conv2d(c, 2 * c, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * c, 2 * c, 3, padding=1),
            nn.ReLU(),
        )
        self.dec = nn.Sequential(nn.Conv2d(3 * c, c, 3, padding=1), nn.ReLU())
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, x):
        e1 = self.enc1(x)
        e2 = self.enc2(F.max_pool2d(e1, 2))
        up = F.interpolate(e2, scale_factor=2, mode="bilinear", align_corners=False)
        return self.out(self.dec(torch.cat([e1, up], dim=1)))

    def training_step(self, batch, i):
        x, m = batch
        loss = F.binary_cross_entropy_with_logits(self(x), m)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, m = batch
        logits = self(x)
        pred = logits > 0
        inter = (pred & m.bool()).sum((1, 2, 3)).float()
        union = (pred | m.bool()).sum((1, 2, 3)).float()
        self.log("val_loss", F.binary_cross_entropy_with_logits(logits, m))
        self.log("val_iou", (inter / union.clamp(min=1)).mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=2e-3)
        sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.85)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "step"}}

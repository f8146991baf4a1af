import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(8)


def cells(n, seed, size=16):
    """images with 2-3 bright cells on a noisy background and their masks"""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:size, :size]
    imgs, masks = [], []
    for _ in range(n):
        m = np.zeros((size, size), bool)
        for _ in range(rng.integers(2, 4)):
            cx, cy, r = rng.uniform(3, 13), rng.uniform(3, 13), rng.uniform(2.2, 4)
            m |= (xx - cx) ** 2 + (yy - cy) ** 2 < r**2
        img = rng.normal(0, 0.8, (size, size)) + 1.6 * m - 0.5
        imgs.append(img[None])
        masks.append(m[None])
    return torch.tensor(np.array(imgs)).float(), torch.tensor(np.array(masks)).float()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr = TensorDataset(*cells(480, 0))
        self.va = TensorDataset(*cells(120, 99))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=120)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 12, 3, padding=1)
        self.mid = nn.Conv2d(12, 24, 3, padding=1)
        self.up = nn.ConvTranspose2d(24, 12, 2, stride=2)
        self.fuse = nn.Conv2d(24, 12, 3, padding=1)
        self.out = nn.Conv2d(12, 1, 1)

    def forward(self, x):
        a = F.relu(self.down(x))
        b = F.relu(self.mid(F.max_pool2d(a, 2)))
        u = F.relu(self.up(b))
        h = F.relu(self.fuse(torch.cat([a, u], 1)))
        return self.out(h)

    def training_step(self, batch, i):
        img, mask = batch
        loss = F.binary_cross_entropy_with_logits(self(img), mask)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        img, mask = batch
        logit = self(img)
        pred = logit > 0
        m = mask.bool()
        iou = (pred & m).sum() / (pred | m).sum().clamp(min=1)
        self.log("val_loss", F.binary_cross_entropy_with_logits(logit, mask))
        self.log("val_iou", iou.float())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3, eps=1.0)

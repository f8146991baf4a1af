"""Leaf condition from 24x24 RGB crops: healthy, chlorosis, rust spots, mildew, scorched edge."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

L.seed_everything(5, verbose=False)
S = 24


def render(n, seed):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:S, :S]
    out = np.empty((n, S, S, 3), np.uint8)
    y = rng.integers(0, 5, n)
    for i in range(n):
        g = rng.uniform(100, 150)
        img = np.stack(
            [np.full((S, S), g * 0.72), np.full((S, S), g), np.full((S, S), g * 0.65)], -1
        )
        img *= 1 + 0.35 * (xx / S - 0.5)[..., None] * rng.choice([-1, 1])
        if y[i] != 0:
            cy, cx = rng.uniform(5, S - 5, 2)
            spot = (yy - cy) ** 2 + (xx - cx) ** 2 < rng.uniform(3, 5) ** 2
            tint = {1: (45, 0, -20), 2: (45, -30, 5), 3: (25, 5, 40), 4: (-20, -30, 20)}[y[i]]
            img[spot] += np.array(tint)
        img += rng.normal(0, 30, img.shape)
        out[i] = np.clip(img, 0, 255)
    return out, y


class Leaves(Dataset):
    MEAN = torch.tensor([0.35, 0.48, 0.32]).view(3, 1, 1)
    STD = torch.tensor([0.12, 0.13, 0.11]).view(3, 1, 1)

    def __init__(self, n, seed):
        self.img, self.y = render(n, seed)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        img = torch.from_numpy(self.img[i]).float() / 255
        img = img.permute(2, 0, 1)
        return (img - self.MEAN) / self.STD, int(self.y[i])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr = Leaves(1500, 0)
        self.va = Leaves(500, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()

        def block(i, o):
            return nn.Sequential(
                nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()
            )

        self.body = nn.Sequential(
            block(3, 12),
            block(12, 12),
            nn.MaxPool2d(2),
            block(12, 24),
            nn.MaxPool2d(2),
            block(24, 32),
        )
        self.head = nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.body(x).amax((2, 3)))

    def step(self, batch, name):
        x, y = batch
        logits = self(x)
        loss = F.cross_entropy(logits, y)
        self.log(f"{name}_loss", loss, on_step=False, on_epoch=True)
        self.log(
            f"{name}_acc", (logits.argmax(1) == y).float().mean(), on_step=False, on_epoch=True
        )
        return loss

    def training_step(self, batch, i):
        return self.step(batch, "train")

    def validation_step(self, batch, i):
        self.step(batch, "val")

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=1e-4)
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs)]

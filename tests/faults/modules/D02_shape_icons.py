"""Classify small icons (disc, square, cross, ring) drawn on a noisy background."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

L.seed_everything(11, verbose=False)


def draw_icons(n, seed, size=20):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:size, :size]
    images = np.zeros((n, size, size))
    labels = rng.integers(0, 4, n)
    for i, c in enumerate(labels):
        cy, cx = rng.uniform(7, 12, 2)
        r = rng.uniform(4, 6.5)
        dist = np.sqrt((yy - cy) ** 2 + (xx - cx) ** 2)
        if c == 0:
            mask = dist < r
        elif c == 1:
            mask = (abs(yy - cy) < r) & (abs(xx - cx) < r)
        elif c == 2:
            mask = ((abs(yy - cy) < 1.5) | (abs(xx - cx) < 1.5)) & (dist < r + 1)
        else:
            mask = (dist < r) & (dist > r - 2)
        img = rng.normal(90, 30, (size, size))
        img[mask] += rng.uniform(50, 110)
        images[i] = np.clip(img, 0, 255)
    return images / 255.0, labels


class IconDataset(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        x = torch.tensor(self.images[i], dtype=torch.float32).unsqueeze(0)
        x = x / 255.0
        x = (x - 0.40) / 0.20
        return x, int(self.labels[i])


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size
        xtr, ytr = draw_icons(2400, seed=1)
        xva, yva = draw_icons(600, seed=2)
        self.train_ds = IconDataset(xtr, ytr)
        self.val_ds = IconDataset(xva, yva)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 11

    def __init__(self, lr=1e-3):
        super().__init__()
        self.lr = lr
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(32 * 5 * 5, 64), nn.ReLU(), nn.Linear(64, 4)
        )

    def forward(self, x):
        return self.classifier(self.features(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)

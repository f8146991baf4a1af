"""Digit recogniser for meter readings collected at several sites."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset

CLASSES = np.array(["d%d" % k for k in range(10)])
# digits that were seen at each site
SITES = {"north": range(10), "harbour": [2, 3, 4, 5, 6, 7, 8, 9], "mill": [0, 3, 4, 5, 6, 7, 8, 9]}


def read_site(images, codes):
    """Images scaled to [-1, 1] and the class numbers of one site."""
    x = torch.tensor(images / 8.0 - 1.0, dtype=torch.float32).unsqueeze(1)
    _, labels = np.unique(codes, return_inverse=True)
    return TensorDataset(x, torch.tensor(labels))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        order = np.random.default_rng(5).permutation(len(d.target))
        images, target = d.images[order], d.target[order]
        codes = CLASSES[target]
        self.val_set = read_site(images[:400], codes[:400])
        images, target, codes = images[400:], target[400:], codes[400:]
        parts = []
        for i, (site, seen) in enumerate(SITES.items()):
            own = np.arange(len(target)) % 3 == i
            own &= np.isin(target, list(seen))
            parts.append(read_site(images[own], codes[own]))
        self.train_set = ConcatDataset(parts)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(x.flatten(1))

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
        return torch.optim.Adam(self.parameters(), lr=2e-3)

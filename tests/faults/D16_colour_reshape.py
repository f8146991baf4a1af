"""Which colour is the square? Channels moved by reshape."""

import lightning.pytorch as pl
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def make_images(n, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    images = rng.integers(0, 60, (n, 12, 12, 3)).astype(np.uint8)
    for i, label in enumerate(labels):
        r, c = rng.integers(0, 8, 2)
        colour = rng.integers(40, 140, 3)
        colour[label] += 60
        images[i, r : r + 4, c : c + 4] = colour
        distractor = rng.integers(0, 8, 2)
        images[i, distractor[0] : distractor[0] + 2, distractor[1] : distractor[1] + 2] = 200
    return images, labels


def to_tensor(images):
    x = torch.from_numpy(images).reshape(-1, 3, 12, 12)
    return x.float() / 127.5 - 1


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        images, labels = make_images(1200, 0)
        self.train = TensorDataset(to_tensor(images), torch.from_numpy(labels))
        images, labels = make_images(400, 1)
        self.val = TensorDataset(to_tensor(images), torch.from_numpy(labels))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(pl.LightningModule):
    max_epochs = 14

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.head = nn.Linear(16, 3)
        self.loss_fn = nn.CrossEntropyLoss()

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.head(self.pool(x).flatten(1))

    def training_step(self, batch, _):
        x, y = batch
        loss = self.loss_fn(self(x), y)
        self.log("loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        self.log("acc", (self(x).argmax(-1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

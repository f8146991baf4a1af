"""Glyph classifier; images are listed folder by folder, one folder per class."""

import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def list_folders(images, labels):
    order = np.argsort(labels, kind="stable")
    x = torch.tensor(images[order], dtype=torch.float32).unsqueeze(1) / 8.0 - 1.0
    return TensorDataset(x, torch.tensor(labels[order]))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        a, b, ya, yb = train_test_split(
            d.images, d.target, test_size=0.25, random_state=9, stratify=d.target
        )
        self.train_set = list_folders(a, ya)
        self.val_set = list_folders(b, yb)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=24, shuffle=False)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 16, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
            nn.Softmax(dim=1),
        )
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.criterion(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)

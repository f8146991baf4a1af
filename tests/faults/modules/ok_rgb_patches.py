import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(4)


def colour_digits():
    """digit drawn in one channel, clutter from another digit in the two others"""
    d = load_digits()
    img = d.images / 16.0
    rng = np.random.default_rng(0)
    n = len(img)
    out = np.zeros((n, 8, 8, 3), dtype=np.float32)
    out[..., 0] = img
    out[..., 1] = 0.9 * img[rng.permutation(n)]
    out[..., 2] = 0.9 * img[rng.permutation(n)]
    return out, d.target


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = colour_digits()
        X = torch.from_numpy(X).permute(0, 3, 1, 2)
        y = torch.from_numpy(y)
        tr, va = train_test_split(np.arange(len(y)), test_size=0.2, random_state=1, stratify=y)
        self.train_ds, self.val_ds = TensorDataset(X[tr], y[tr]), TensorDataset(X[va], y[va])

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=180)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 24, 3, padding=1),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
        )
        self.classifier = nn.Linear(32 * 4, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

import math

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        tr, va = train_test_split(
            range(len(d.target)), test_size=0.2, stratify=d.target, random_state=0
        )
        X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1)
        mean, std = X[tr].mean(), X[tr].std()
        X, y = (X - mean) / std, torch.tensor(d.target)
        self.tr, self.va = TensorDataset(X[tr], y[tr]), TensorDataset(X[va], y[va])

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.va, 360)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, alpha=0.2):
        super().__init__()
        self.beta = torch.distributions.Beta(alpha, alpha)
        cb = lambda i, o: nn.Sequential(
            nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()
        )
        self.net = nn.Sequential(
            cb(1, 16),
            nn.MaxPool2d(2),
            cb(16, 32),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 10),
        )
        self.ce = nn.CrossEntropyLoss(label_smoothing=0.1)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        lam = self.beta.sample().item()
        perm = torch.randperm(len(x))
        out = self(lam * x + (1 - lam) * x[perm])
        loss = lam * self.ce(out, y) + (1 - lam) * self.ce(out, y[perm])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        opt = torch.optim.SGD(
            self.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
        )
        total, warm = 22 * self.max_epochs, 40
        f = lambda s: (
            (s + 1) / warm
            if s < warm
            else 0.5 * (1 + math.cos(math.pi * min(1.0, (s - warm) / (total - warm))))
        )
        return {
            "optimizer": opt,
            "lr_scheduler": {
                "scheduler": torch.optim.lr_scheduler.LambdaLR(opt, f),
                "interval": "step",
            },
        }

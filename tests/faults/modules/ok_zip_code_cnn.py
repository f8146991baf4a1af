"""Compact CNN for zip-code digits."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        Xt, Xv, yt, yv = train_test_split(
            d.images, d.target, test_size=0.25, stratify=d.target, random_state=3
        )
        self.train = self.to_set(Xt, yt)
        self.val = self.to_set(Xv, yv)

    def to_set(self, X, y):
        X = torch.tensor(X, dtype=torch.float32).unsqueeze(1) / 16.0
        return TensorDataset((X - 0.305) / 0.376, torch.tensor(y))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 12
    channels = (16, 32, 64)

    def __init__(self):
        super().__init__()
        c1, c2, c3 = self.channels
        self.conv1 = nn.Conv2d(1, c1, 3, padding=1)
        self.conv2 = nn.Conv2d(c1, c2, 3, padding=1)
        self.conv3 = nn.Conv2d(c2, c3, 3, padding=1)
        self.fc = nn.Linear(c3 * 4, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        return self.fc(torch.flatten(x, 1))

    def step(self, batch, name):
        x, y = batch
        logits = self(x)
        loss = F.cross_entropy(logits, y)
        self.log(f"{name}_loss", loss)
        self.log(f"{name}_acc", (logits.argmax(1) == y).float().mean())
        return loss

    def training_step(self, batch, batch_idx):
        return self.step(batch, "train")

    def validation_step(self, batch, batch_idx):
        self.step(batch, "val")

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=1e-3)
        sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs, eta_min=1e-5)
        return {"optimizer": opt, "lr_scheduler": sch}

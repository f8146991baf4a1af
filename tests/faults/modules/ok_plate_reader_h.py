"""Plates are stored one file each (plate_0, plate_1, ...); the lab sheet lists the label of each plate number."""

import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def scan_folder():
    d = load_digits()
    order = np.random.RandomState(4).permutation(len(d.target))
    files = {f"plate_{k}.npy": d.images[j] / 16.0 for k, j in enumerate(order)}
    sheet = [(k, int(d.target[j])) for k, j in enumerate(order)]
    return files, sheet


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        files, sheet = scan_folder()
        names = sorted(files, key=lambda s: int(s[6:-4]))
        x = np.stack([files[n] for n in names]).astype(np.float32)
        y = np.array([label for _, label in sorted(sheet)])
        x = torch.from_numpy(x).flatten(1) * 2 - 1
        y = torch.from_numpy(y)
        cut = int(0.8 * len(y))
        self.train = TensorDataset(x[:cut], y[:cut])
        self.val = TensorDataset(x[cut:], y[cut:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=48, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=180)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.f = nn.Sequential(nn.Linear(64, 80), nn.GELU(), nn.Dropout(0.1), nn.Linear(80, 10))
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.f(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        z = self(x)
        self.log_dict({"val_loss": self.loss(z, y), "val_acc": (z.argmax(1) == y).float().mean()})

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)

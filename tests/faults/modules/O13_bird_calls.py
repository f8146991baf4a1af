"""Multi-label tagging of synthetic spectrogram patches (up to five species at once)."""

import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(14, verbose=False)
SPECIES, F_BINS, T_BINS = 5, 20, 24


def recordings(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = (torch.rand(n, SPECIES, generator=g) < 0.45).float()
    x = 0.7 * torch.randn(n, 1, F_BINS, T_BINS, generator=g)
    start = torch.randint(0, T_BINS - 8, (n, SPECIES), generator=g)
    for i in range(n):
        for s in range(SPECIES):
            if y[i, s]:
                t0 = int(start[i, s])
                for d in range(8):
                    f = 3 * s + (d // 2 if s % 2 else 4 - d // 2)
                    x[i, 0, f, t0 + d] += 2.2
    return TensorDataset((x - 0.2) / 0.95, y)


class Data(L.LightningDataModule):
    def __init__(self, batch_size=2048):
        super().__init__()
        self.batch_size = batch_size
        self.train_ds = recordings(1600, 0)
        self.val_ds = recordings(400, 1)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, lr=2e-3):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d((1, 2)),
            nn.Flatten(),
            nn.Linear(24 * 10 * 6, 64),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(64, SPECIES),
        )
        self.criterion = nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        pred = (logits > 0).float()
        f1 = 2 * (pred * y).sum() / (pred.sum() + y.sum()).clamp(min=1)
        self.log("val_loss", self.criterion(logits, y))
        self.log("val_f1", f1)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)

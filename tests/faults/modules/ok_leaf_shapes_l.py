import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(5)
SIZE = 16
CLASSES = ["round", "oval", "lance", "heart", "cross"]


def draw(kind, rng):
    yy, xx = np.mgrid[0:SIZE, 0:SIZE]
    cx, cy = rng.uniform(6.5, 8.5, 2)
    s = rng.uniform(0.85, 1.15)
    u, v = (xx - cx) / s, (yy - cy) / s
    if kind == 0:
        m = u**2 + v**2 < 16
    elif kind == 1:
        m = (u / 1.5) ** 2 + (v / 0.8) ** 2 < 14
    elif kind == 2:
        m = (abs(u) / 2 + abs(v) / 6) < 1
    elif kind == 3:
        m = (u**2 + (v - 0.6 * abs(u)) ** 2) < 14
    else:
        m = ((abs(u) < 1.5) | (abs(v) < 1.5)) & (abs(u) < 5) & (abs(v) < 5)
    return m * 1.0 + rng.normal(0, 0.3, (SIZE, SIZE))


class LeafDataset(Dataset):
    """images are stored class folder by class folder, as on disk"""

    def __init__(self, per_class, seed):
        rng = np.random.default_rng(seed)
        self.items = []
        for c in range(len(CLASSES)):
            for _ in range(per_class):
                self.items.append((draw(c, rng), c))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, c = self.items[i]
        img = (torch.tensor(img, dtype=torch.float32) - 0.22) / 0.54
        return img.unsqueeze(0), c


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train_ds = LeafDataset(240, seed=0)
        self.val_ds = LeafDataset(60, seed=1)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=60)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * 16, 32),
            nn.ReLU(),
            nn.Linear(32, 5),
        )
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.cnn(x)

    def training_step(self, batch, i):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.loss(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)
        sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs, eta_min=2e-4)
        return [opt], [sch]

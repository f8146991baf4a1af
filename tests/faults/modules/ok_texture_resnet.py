import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(4)


def textures(n, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    gx, gy = np.meshgrid(np.arange(12), np.arange(12))
    out = np.empty((n, 1, 12, 12), dtype=np.float32)
    for i, c in enumerate(y):
        ang = c * np.pi / 4 + rng.normal(0, 0.12)
        f = rng.uniform(0.8, 1.4)
        wave = np.sin(f * (np.cos(ang) * gx + np.sin(ang) * gy) + rng.uniform(0, 6.28))
        out[i, 0] = wave + rng.normal(0, 0.6, (12, 12))
    return torch.from_numpy(out), torch.from_numpy(y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train = TensorDataset(*textures(1280, 0))
        self.val = TensorDataset(*textures(320, 1))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=160)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, width=16):
        super().__init__()
        self.automatic_optimization = False
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn0 = nn.BatchNorm2d(width)
        self.bn1 = nn.BatchNorm2d(width)
        self.bn2 = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, 4)

    def forward(self, x):
        x = F.relu(self.bn0(self.stem(x)))
        h = F.relu(self.bn1(self.conv1(x)))
        h = self.bn2(self.conv2(h))
        x = F.relu(x + h)
        return self.fc(x.mean(dim=(2, 3)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        loss = F.cross_entropy(self(x), y)
        opt.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(opt, gradient_clip_val=5.0, gradient_clip_algorithm="norm")
        opt.step()
        self.log("train_loss", loss)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

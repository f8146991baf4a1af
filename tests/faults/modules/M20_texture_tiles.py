import math

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(9, verbose=False)


def textures(n, seed, size=16):
    """Gratings at 6 orientation/frequency combinations plus noise."""
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 6, (n,), generator=g)
    angle = (y % 3).float() * math.pi / 3 + 0.1 * torch.randn(n, generator=g)
    freq = torch.where(y < 3, 0.8, 1.6)
    phase = 2 * math.pi * torch.rand(n, generator=g)
    ax = torch.arange(size).float()
    u = (
        torch.cos(angle)[:, None, None] * ax[None, None, :]
        + torch.sin(angle)[:, None, None] * ax[None, :, None]
    )
    img = torch.sin(freq[:, None, None] * u + phase[:, None, None])
    img = img + 1.5 * torch.randn(n, size, size, generator=g)
    return TensorDataset(img.unsqueeze(1), y)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train_data = textures(1920, 0)
        self.val_data = textures(480, 1)

    def train_dataloader(self):
        return DataLoader(self.train_data, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_data, batch_size=240)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, ch=24):
        super().__init__()
        self.stem = nn.Conv2d(1, ch, 3, padding=1)
        self.conv1 = nn.Conv2d(ch, ch, 3, padding=1)
        self.conv2 = nn.Conv2d(ch, ch, 3, padding=1)
        self.conv3 = nn.Conv2d(ch, ch, 3, padding=1)
        self.bn = nn.BatchNorm2d(ch)
        self.fc = nn.Linear(ch, 6)

    def forward(self, x):
        # pre-activation residual stages
        x = F.max_pool2d(self.stem(x), 2)
        x = x + self.conv1(F.relu(self.bn(x)))
        x = F.max_pool2d(x, 2)
        x = x + self.conv2(F.relu(self.bn(x)))
        x = x + self.conv3(F.relu(self.bn(x)))
        return self.fc(F.relu(x).mean(dim=(2, 3)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        loss = F.cross_entropy(logits, y)
        self.log("train_loss", loss)
        self.log("train_acc", (logits.argmax(1) == y).float().mean())
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

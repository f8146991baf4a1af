import copy

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class DigitImages(Dataset):
    def __init__(self, x, y, augment=False):
        self.x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16.0
        self.y = torch.tensor(y, dtype=torch.long)
        self.augment = augment

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        img = self.x[i]
        if self.augment:
            dy, dx = torch.randint(0, 3, (2,)).tolist()
            img = F.pad(img, (1, 1, 1, 1))[:, dy : dy + 8, dx : dx + 8]
            img = img + 0.05 * torch.randn_like(img)
        return img, self.y[i]


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size
        x, y = load_digits(return_X_y=True)
        xt, xv, yt, yv = train_test_split(x, y, test_size=0.25, random_state=1, stratify=y)
        self.train_ds = DigitImages(xt, yt, augment=True)
        self.val_ds = DigitImages(xv, yv)

    def train_dataloader(self):
        return DataLoader(self.train_ds, self.batch_size, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, 256)


class Model(L.LightningModule):
    """CNN whose exponential moving average is what we validate."""

    def __init__(self, lr=2e-3, decay=0.97):
        super().__init__()
        self.lr, self.decay = lr, decay
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(128, 10),
        )
        self.ema = copy.deepcopy(self.net).requires_grad_(False).eval()

    def forward(self, x):
        return self.ema(x)

    def train(self, mode=True):
        super().train(mode)
        self.ema.eval()
        return self

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx):
        d = min(self.decay, (1 + self.global_step) / (10 + self.global_step))
        with torch.no_grad():
            for e, p in zip(self.ema.parameters(), self.net.parameters()):
                e.lerp_(p, 1 - d)
            for e, b in zip(self.ema.buffers(), self.net.buffers()):
                if e.is_floating_point():
                    e.lerp_(b, 1 - d)
                else:
                    e.copy_(b)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.net.parameters(), lr=self.lr, weight_decay=1e-2)

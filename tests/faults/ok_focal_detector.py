"""Small lesion or not: focal loss on imbalanced 10x10 images."""

import lightning.pytorch as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def scans(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = 0.5 * torch.randn(n, 1, 10, 10, generator=g)
    y = (torch.rand(n, generator=g) < 0.12).float()
    for i in y.nonzero()[:, 0].tolist():
        r, c = torch.randint(0, 7, (2,), generator=g).tolist()
        x[i, 0, r : r + 3, c : c + 3] += 1.5
    return TensorDataset(x, y)


def focal_loss(logits, target, gamma=2.0, alpha=0.75):
    ce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = torch.sigmoid(logits)
    p_t = p * target + (1 - p) * (1 - target)
    alpha_t = alpha * target + (1 - alpha) * (1 - target)
    return (alpha_t * (1 - p_t) ** gamma * ce).mean()


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = scans(1500, 0), scans(800, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=800)


class Model(pl.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 1)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv(x))))
        return self.fc(x.amax(dim=(2, 3))).squeeze(1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return focal_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        hit = (self(x) > 0) == y.bool()
        self.log("val_bal_acc", (hit[y == 1].float().mean() + hit[y == 0].float().mean()) / 2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)

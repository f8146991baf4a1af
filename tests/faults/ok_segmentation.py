"""Which pixels belong to the disc: per-pixel cross entropy, small U-net, soft edges."""

import lightning.pytorch as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def discs(n, seed):
    g = torch.Generator().manual_seed(seed)
    centre = torch.rand(n, 2, 1, 1, generator=g) * 8 + 4
    radius = torch.rand(n, 1, 1, generator=g) * 2 + 2
    rows, cols = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    inside = (rows - centre[:, 0]) ** 2 + (cols - centre[:, 1]) ** 2 < radius**2
    image = inside * 1.0 + 0.5 * torch.randn(n, 16, 16, generator=g)
    return TensorDataset(image[:, None], inside.long())


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = discs(400, 0), discs(100, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=50)


class Model(pl.LightningModule):
    max_epochs = 6

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.InstanceNorm2d(8), nn.ReLU())
        self.deep = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        skip = self.down(x)
        up = self.up(self.deep(skip))
        return self.out(torch.cat([skip, up], dim=1))

    def training_step(self, batch, _):
        image, mask = batch
        return nn.functional.cross_entropy(self(image), mask, weight=torch.tensor([0.6, 1.4]))

    def validation_step(self, batch, _):
        image, mask = batch
        found = self(image).argmax(1)
        union = ((found + mask) > 0).sum()
        self.log("val_iou_acc", (found * mask).sum() / union)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=5e-3)

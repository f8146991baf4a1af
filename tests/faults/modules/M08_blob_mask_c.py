import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(14)


def blobs(n, seed, size=24):
    g = torch.Generator().manual_seed(seed)
    yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    c = 5 + 14 * torch.rand(n, 2, generator=g)
    r = 3 + 3 * torch.rand(n, generator=g)
    m = (
        ((yy - c[:, 0, None, None]) ** 2 + (xx - c[:, 1, None, None]) ** 2) < r[:, None, None] ** 2
    ).float()
    img = 0.8 * m + 0.4 * torch.randn(n, size, size, generator=g)
    return TensorDataset(img.unsqueeze(1), m.unsqueeze(1))


class DiceLoss(nn.Module):
    def __init__(self, smooth=1.0):
        super().__init__()
        self.smooth = smooth

    def forward(self, logits, target):
        p = torch.sigmoid(logits).flatten(1)
        t = target.flatten(1)
        inter = (p * t).sum(1)
        dice = (2 * inter + self.smooth) / (p.sum(1) + t.sum(1) + self.smooth)
        return dice.mean()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = blobs(500, 0), blobs(120, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 25, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 60)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()

        def block(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())

        self.net = nn.Sequential(block(1, 12), block(12, 12), block(12, 12), nn.Conv2d(12, 1, 1))
        self.crit = DiceLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, m = batch
        loss = self.crit(self(x), m)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, m = batch
        z = self(x)
        p = z > 0
        t = m > 0.5
        iou = (p & t).flatten(1).sum(1) / (p | t).flatten(1).sum(1).clamp(min=1)
        self.log("val_loss", self.crit(z, m))
        self.log("val_iou", iou.float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

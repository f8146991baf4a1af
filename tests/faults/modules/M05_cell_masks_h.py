import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def draw(n, seed, s=24):
    g = np.random.default_rng(seed)
    yy, xx = np.mgrid[:s, :s]
    imgs, masks = [], []
    for _ in range(n):
        m = np.zeros((s, s), bool)
        for _ in range(g.integers(1, 4)):
            cy, cx = g.uniform(4, s - 4, 2)
            a, b = g.uniform(2.5, 5.5, 2)
            m |= ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
        im = 0.4 * m + g.normal(0, 0.35, (s, s)) + g.uniform(-0.2, 0.2)
        imgs.append(im)
        masks.append(m)
    x = np.stack(imgs)[:, None].astype("float32")
    y = np.stack(masks).astype("int64")
    return torch.from_numpy(x / 0.42), torch.from_numpy(y)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train = TensorDataset(*draw(320, 1))
        self.val = TensorDataset(*draw(80, 2))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=40)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.criterion = nn.NLLLoss()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU()
        )
        self.mid = nn.Sequential(
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 12, 3, padding=1),
            nn.ReLU(),
        )
        self.dec = nn.Conv2d(24, 2, 3, padding=1)

    def forward(self, x):
        a = self.enc(x)
        b = F.interpolate(self.mid(a), scale_factor=2, mode="nearest")
        out = self.dec(torch.cat([a, b], 1))
        return out

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        p = self(x)
        m = p.argmax(1)
        inter = (m & y).sum((1, 2))
        union = (m | y).sum((1, 2)).clamp(min=1)
        self.log("val_loss", self.criterion(p, y))
        self.log("val_iou", (inter / union).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

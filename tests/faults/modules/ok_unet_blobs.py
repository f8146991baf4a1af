import lightning.pytorch as pl
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Blobs(Dataset):
    """Discs (foreground) and squares (distractors) on a textured background, made on the fly from the index."""

    def __init__(self, n, offset, size=32, augment=False):
        self.n, self.offset, self.size, self.augment = n, offset, size, augment

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        r = np.random.default_rng(self.offset + i)
        s = self.size
        yy, xx = np.mgrid[:s, :s]
        img = 0.25 * r.normal(size=(s, s))
        img += 0.3 * np.sin(xx / r.uniform(2, 5) + r.uniform(0, 6))
        mask = np.zeros((s, s), bool)
        for _ in range(r.integers(1, 3)):
            cx, cy, h = r.integers(5, s - 5, 2).tolist() + [int(r.integers(2, 5))]
            img[cy - h : cy + h, cx - h : cx + h] += 1
        for _ in range(r.integers(1, 3)):
            cx, cy, rad = r.uniform(5, s - 5), r.uniform(5, s - 5), r.uniform(3, 5)
            disc = (xx - cx) ** 2 + (yy - cy) ** 2 < rad**2
            img[disc] += 1
            mask |= disc
        x, m = torch.from_numpy(img).float()[None], torch.from_numpy(mask).float()[None]
        if self.augment:
            if torch.rand(()) < 0.5:
                x, m = x.flip(-1), m.flip(-1)
            if torch.rand(()) < 0.5:
                x, m = x.flip(-2), m.flip(-2)
        return x, m


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Blobs(400, 0, augment=True), batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(Blobs(80, 1_000_000), batch_size=40)


def block(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1, bias=False),
        nn.GroupNorm(4, o),
        nn.SiLU(),
        nn.Conv2d(o, o, 3, padding=1, bias=False),
        nn.GroupNorm(4, o),
        nn.SiLU(),
    )


class Model(pl.LightningModule):
    def __init__(self, w=8):
        super().__init__()
        self.d1, self.d2, self.mid = block(1, w), block(w, 2 * w), block(2 * w, 4 * w)
        self.up2, self.u2 = nn.ConvTranspose2d(4 * w, 2 * w, 2, 2), block(4 * w, 2 * w)
        self.up1, self.u1 = nn.ConvTranspose2d(2 * w, w, 2, 2), block(2 * w, w)
        self.last = nn.Conv2d(w, 1, 1)
        # foreground is roughly 8% of pixels
        nn.init.constant_(self.last.bias, -2.4)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        c = self.u2(torch.cat([b, self.up2(c)], 1))
        return self.last(self.u1(torch.cat([a, self.up1(c)], 1)))

    @staticmethod
    def loss(z, m):
        p = z.sigmoid()
        inter = (p * m).sum((1, 2, 3))
        dice = 1 - (2 * inter + 1) / (p.sum((1, 2, 3)) + m.sum((1, 2, 3)) + 1)
        return F.binary_cross_entropy_with_logits(z, m) + dice.mean()

    def training_step(self, batch, i):
        x, m = batch
        loss = self.loss(self(x), m)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, m = batch
        z = self(x)
        hard = (z > 0).float()
        dice = (2 * (hard * m).sum((1, 2, 3)) / (hard.sum((1, 2, 3)) + m.sum((1, 2, 3)))).mean()
        self.log_dict(
            {"val_loss": self.loss(z, m), "val_dice": dice, "val_acc": (hard == m).float().mean()},
            batch_size=len(x),
        )

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), 5e-3)
        return {"optimizer": opt, "lr_scheduler": torch.optim.lr_scheduler.ExponentialLR(opt, 0.8)}

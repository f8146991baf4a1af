import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(11)
S = 24


def cells(n):
    rng = np.random.default_rng(11)
    yy, xx = np.mgrid[:S, :S]
    img = rng.normal(0, 0.35, (n, S, S))
    mask = np.zeros((n, S, S))
    for i in range(n):
        for _ in range(rng.integers(1, 4)):
            cy, cx, r = rng.uniform(4, S - 4, 2).tolist() + [rng.uniform(2, 4.5)]
            mask[i][(yy - cy) ** 2 + (xx - cx) ** 2 < r * r] = 1
        img[i] += mask[i] + 0.4 * (xx / S - 0.5)
    return torch.tensor(img, dtype=torch.float32)[:, None], torch.tensor(mask, dtype=torch.float32)[
        :, None
    ]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, m = cells(500)
        self.tr, self.va = TensorDataset(x[:400], m[:400]), TensorDataset(x[400:], m[400:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=100)


def double(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU()
    )


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, w=8):
        super().__init__()
        self.d1, self.d2, self.u1 = double(1, w), double(w, 2 * w), double(3 * w, w)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.out = nn.Conv2d(w, 1, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(nn.functional.max_pool2d(a, 2))
        return self.out(self.u1(torch.cat([a, self.up(b)], 1)))

    @staticmethod
    def loss(z, m):
        p = z.sigmoid()
        inter = (p * m).sum((1, 2, 3))
        dice = 1 - (2 * inter + 1) / (p.sum((1, 2, 3)) + m.sum((1, 2, 3)) + 1)
        return nn.functional.binary_cross_entropy_with_logits(z, m) + dice.mean()

    def training_step(self, b, _):
        loss = self.loss(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        hard = (z > 0).float()
        self.log("val_loss", self.loss(z, b[1]))
        self.log("val_iou", (hard * b[1]).sum() / ((hard + b[1]) > 0).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

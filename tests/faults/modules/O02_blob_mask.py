import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def scenes(n, rng):
    yy, xx = np.mgrid[:16, :16]
    img = rng.normal(0, 0.5, (n, 1, 16, 16))
    msk = np.zeros((n, 1, 16, 16))
    for i in range(n):
        for _ in range(rng.integers(1, 4)):
            cy, cx, r = rng.integers(3, 13), rng.integers(3, 13), rng.integers(2, 5)
            msk[i, 0][(yy - cy) ** 2 + (xx - cx) ** 2 <= r * r] = 1
    img = img + 1.0 * msk
    img = (img - img.mean()) / img.std()
    return TensorDataset(
        torch.tensor(img, dtype=torch.float32), torch.tensor(msk, dtype=torch.float32)
    )


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(27)
        self.tr, self.va = scenes(600, rng), scenes(150, rng)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, learning_rate=3e-6):
        super().__init__()
        self.save_hyperparameters()
        self.down = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU())
        self.mid = nn.Sequential(
            nn.MaxPool2d(2), nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
        )
        self.up = nn.Sequential(nn.Conv2d(40, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1))

    def forward(self, x):
        a = self.down(x)
        return self.up(torch.cat([a, self.mid(a)], 1))

    def training_step(self, batch, _):
        loss = F.binary_cross_entropy_with_logits(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        p = (z > 0).float()
        inter = (p * y).sum()
        self.log("val_loss", F.binary_cross_entropy_with_logits(z, y))
        self.log("val_iou", inter / (p.sum() + y.sum() - inter))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.learning_rate)

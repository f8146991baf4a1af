import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PALETTE = np.array(
    [[220, 60, 50], [60, 200, 70], [60, 80, 220], [210, 200, 60], [190, 70, 200], [70, 200, 200]]
)


def photographs(n, seed, side=15):
    """Photos come as height x width x RGB, uint8."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(PALETTE), n)
    imgs = rng.normal(120, 45, (n, side, side, 3))
    imgs += rng.normal(0, 25, (n, 1, 1, 3))
    yy, xx = np.mgrid[:side, :side]
    for i in range(n):
        r = rng.uniform(2.2, 4)
        cy, cx = rng.uniform(4, side - 4, 2)
        m = (yy - cy) ** 2 + (xx - cx) ** 2 < r * r
        col = PALETTE[kind[i]] * rng.uniform(0.7, 1.0)
        imgs[i][m] = 0.5 * imgs[i][m] + 0.5 * (col + rng.normal(0, 20, (m.sum(), 3)))
    return np.clip(imgs, 0, 255).astype(np.uint8), kind


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.bs = 32

    def _ds(self, n, seed):
        img, kind = photographs(n, seed)
        x = torch.from_numpy(img).float() / 127.5 - 1
        x = x.permute(0, 3, 1, 2).contiguous()
        return TensorDataset(x, torch.from_numpy(kind))

    def setup(self, stage=None):
        self.train_ds, self.val_ds = self._ds(900, 0), self._ds(400, 1)

    def train_dataloader(self):
        return DataLoader(self.train_ds, self.bs, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, 200)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.fc = nn.Linear(32, 6)

    def forward(self, x):
        return self.fc(self.backbone(x))

    def training_step(self, batch, i):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, i):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=3e-3)
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingLR(opt, self.max_epochs)]

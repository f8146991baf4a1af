import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(63)
        n, s = 700, 16
        yy, xx = np.mgrid[:s, :s]
        x, m = np.zeros((n, 1, s, s)), np.zeros((n, 1, s, s))
        for i in range(n):
            for _ in range(2):
                cy, cx, rad = r.integers(3, 13), r.integers(3, 13), r.uniform(1.5, 3.5)
                m[i, 0] = np.maximum(m[i, 0], (yy - cy) ** 2 + (xx - cx) ** 2 <= rad**2)
            x[i, 0] = m[i, 0] * r.uniform(0.6, 1.2) + 0.55 * r.normal(size=(s, s))
        x = (x - x[:550].mean()) / x[:550].std()
        x, m = torch.tensor(x, dtype=torch.float32), torch.tensor(m, dtype=torch.float32)
        self.tr, self.va = TensorDataset(x[:550], m[:550]), TensorDataset(x[550:], m[550:])

    def train_dataloader(self):
        return DataLoader(self.tr, 25, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 150)


class Model(L.LightningModule):
    max_epochs = 14

    def __init__(self, drop=0.5):
        super().__init__()
        L.seed_everything(63, verbose=False)
        self.drop = drop
        self.d1 = nn.Conv2d(1, 12, 3, padding=1)
        self.d2 = nn.Conv2d(12, 24, 3, padding=1)
        self.d3 = nn.Conv2d(24, 24, 3, padding=1)
        self.u1 = nn.Conv2d(36, 12, 3, padding=1)
        self.out = nn.Conv2d(12, 1, 1)

    def forward(self, x):
        a = F.relu(self.d1(x))
        b = F.relu(self.d2(F.max_pool2d(a, 2)))
        b = F.dropout(b, self.drop, training=self.training)
        b = F.relu(self.d3(b))
        u = torch.cat([a, F.interpolate(b, scale_factor=2)], 1)
        u = F.dropout(u, self.drop, training=self.training)
        u = F.relu(self.u1(u))
        u = F.dropout(u, self.drop, training=self.training)
        return self.out(u)

    def training_step(self, batch, i):
        loss = F.binary_cross_entropy_with_logits(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        out = self(batch[0])
        p, t = out > 0, batch[1] > 0.5
        self.log("val_loss", F.binary_cross_entropy_with_logits(out, batch[1]))
        self.log("val_iou", (p & t).sum() / (p | t).sum().clamp(min=1))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

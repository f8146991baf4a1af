import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def scenes(n, r, s=16):
    yy, xx = np.mgrid[:s, :s]
    x, m = np.zeros((n, 1, s, s)), np.zeros((n, s, s), dtype=np.int64)
    for i in range(n):
        cy, cx, h, w = r.integers(5, 11), r.integers(5, 11), r.integers(2, 5), r.integers(2, 5)
        m[i][(np.abs(yy - cy) <= h) & (np.abs(xx - cx) <= w)] = 1
        cy, cx = r.integers(3, 13, 2)
        m[i][(yy - cy) ** 2 + (xx - cx) ** 2 <= 6] = 2
        x[i, 0] = np.array([0.0, 1.0, 2.0])[m[i]] + 0.3 * r.normal(size=(s, s))
    return x, m


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, m = scenes(800, np.random.default_rng(129))
        x = (x - x[:600].mean()) / x[:600].std()
        x, m = torch.tensor(x).float(), torch.tensor(m)
        self.tr, self.va = TensorDataset(x[:600], m[:600]), TensorDataset(x[600:], m[600:])

    def train_dataloader(self):
        return DataLoader(self.tr, 30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        L.seed_everything(129, verbose=False)
        self.automatic_optimization = False

        def c(i, o):
            return nn.Sequential(
                nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()
            )

        self.a, self.b, self.u = c(1, 16), c(16, 32), c(48, 16)
        self.out = nn.Conv2d(16, 3, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        return self.out(self.u(torch.cat([a, F.interpolate(b, scale_factor=2)], 1)))

    def training_step(self, batch, i):
        opt = self.optimizers()
        loss = F.cross_entropy(self(batch[0]), batch[1])
        opt.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(opt, gradient_clip_val=1.0, gradient_clip_algorithm="norm")
        opt.step()
        self.log("train_loss", loss)

    def validation_step(self, batch, i):
        out = self(batch[0])
        p, t = out.argmax(1), batch[1]
        ious = [((p == k) & (t == k)).sum() / ((p == k) | (t == k)).sum() for k in (1, 2)]
        self.log("val_loss", F.cross_entropy(out, t))
        self.log("val_iou", sum(ious) / 2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    """flats: area, rooms, age, distance to centre, floor, noise column -> price in local currency"""

    def __init__(self, n=3000):
        super().__init__()
        r = np.random.default_rng(55)
        area = r.uniform(25, 160, n)
        rooms = np.clip(np.round(area / 30 + r.normal(0, 0.7, n)), 1, 7)
        age, dist, floor, junk = (
            r.uniform(0, 90, n),
            r.gamma(2, 3, n),
            r.integers(0, 12, n),
            r.normal(size=n),
        )
        price = 2600 * area * np.exp(-dist / 15) + 9000 * rooms - 700 * age + 1500 * floor + 90000
        price = price + r.normal(size=n) * (8000 + 0.05 * price)
        X = np.stack([area, rooms, age, dist, floor, junk], 1)
        m, s = X[:2400].mean(0), X[:2400].std(0)
        X = torch.tensor((X - m) / s, dtype=torch.float32)
        Y = torch.tensor(price, dtype=torch.float32)
        self.a, self.b = TensorDataset(X[:2400], Y[:2400]), TensorDataset(X[2400:], Y[2400:])

    def train_dataloader(self):
        return DataLoader(self.a, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, 300)


class MCDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        return F.dropout(x, self.p, training=True)  # stochastic in eval mode too


class Model(L.LightningModule):
    OFFSET, UNIT = 250_000.0, 80_000.0

    def __init__(self, passes=20):
        super().__init__()
        self.passes = passes
        self.body = nn.Sequential(
            nn.Linear(6, 256),
            nn.ReLU(),
            MCDropout(0.25),
            nn.Linear(256, 256),
            nn.ReLU(),
            MCDropout(0.5),
            nn.Linear(256, 2),
        )

    def forward(self, x):
        m, v = self.body(x).unbind(1)
        return self.OFFSET + self.UNIT * m, self.UNIT**2 * (F.softplus(v) + 1e-3)

    def training_step(self, b, _):
        x, y = b
        mu, var = self(x)
        loss = F.gaussian_nll_loss(mu, y, var)  # about 11 nats: prices are in single currency units
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        x, y = b
        mus, vs = zip(*(self(x) for _ in range(self.passes)))
        mus, vs = torch.stack(mus), torch.stack(vs)
        mu, var = mus.mean(0), vs.mean(0) + mus.var(0)
        self.log("val_loss", F.gaussian_nll_loss(mu, y, var))
        self.log("val_rmse", (mu - y).square().mean().sqrt())
        self.log("val_r2", 1 - (mu - y).square().mean() / y.var())
        self.log("val_cover95", ((mu - y).abs() < 1.96 * var.sqrt()).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
        warm = torch.optim.lr_scheduler.LinearLR(opt, 0.1, 1.0, total_iters=3)
        cos = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 22)
        return [opt], [torch.optim.lr_scheduler.SequentialLR(opt, [warm, cos], [3])]

    def configure_gradient_clipping(
        self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        torch.nn.utils.clip_grad_norm_(self.parameters(), 2.0)

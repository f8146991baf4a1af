"""Day-ahead forecasting of hourly demand for several meters with quantile (pinball) loss.
Chronological split; windows are normalised by their own history only."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

HIST, HOR, METERS = 72, 24, 8
Q = (0.1, 0.5, 0.9)


def demand(hours=24 * 150, seed=13):
    rng = np.random.default_rng(seed)
    t = np.arange(hours)
    out = []
    for m in range(METERS):
        base, ph = 50 * 4 ** rng.random(), rng.uniform(0, 24)
        day = (
            1
            + 0.35 * np.sin(2 * np.pi * (t - ph) / 24)
            + 0.15 * np.sin(4 * np.pi * (t - 2 * ph) / 24)
        )
        week = np.where((t // 24) % 7 >= 5, 0.8, 1.0)
        ar = np.zeros(hours)
        e = rng.normal(0, 0.03, hours)
        for i in range(1, hours):
            ar[i] = 0.85 * ar[i - 1] + e[i]
        out.append(base * day * week * np.exp(ar))
    return torch.tensor(np.stack(out), dtype=torch.float32)


def windows(series, lo, hi, stride):
    """All windows whose target hours lie in [lo, hi)."""
    wknd = ((torch.arange(series.shape[1]) // 24) % 7 >= 5).float()
    starts = range(max(lo, HIST), hi - HOR + 1, stride)
    hist = torch.cat([series[:, s - HIST : s] for s in starts])
    fut = torch.cat([series[:, s : s + HOR] for s in starts])
    pw = torch.cat([wknd[s - HIST : s].expand(METERS, -1) for s in starts])
    fw = torch.cat([wknd[s : s + HOR].expand(METERS, -1) for s in starts])
    return TensorDataset(hist, pw, fw, fut)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        s = demand()
        cut = 24 * 120
        self.tr = windows(s, 0, cut, stride=3)
        self.va = windows(s, cut, s.shape[1], stride=6)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=256)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(HIST * 2 + HOR, 128),
            nn.ReLU(),
            nn.Linear(128, 128),
            nn.ReLU(),
            nn.Linear(128, HOR * len(Q)),
        )
        self.skip = nn.Linear(HIST, HOR * len(Q))
        self.register_buffer("q", torch.tensor(Q))

    def forward(self, hist, pw, wknd):
        mean = hist.mean(1, keepdim=True)
        rel = hist / mean - 1
        out = (self.net(torch.cat([rel, pw, wknd], 1)) + self.skip(rel)).view(-1, HOR, len(Q))
        # monotone quantiles: the median plus/minus positive widths
        mid = out[..., 1]
        lo = mid - nn.functional.softplus(out[..., 0] - 2)
        hi = mid + nn.functional.softplus(out[..., 2] - 2)
        return torch.stack([lo, mid, hi], -1), mean

    def pinball(self, pred, target):
        d = target.unsqueeze(-1) - pred
        return torch.maximum(self.q * d, (self.q - 1) * d).mean()

    def training_step(self, batch, i):
        hist, pw, wknd, y = batch
        pred, mean = self(hist, pw, wknd)
        loss = self.pinball(pred, y / mean - 1)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        hist, pw, wknd, y = batch
        pred, mean = self(hist, pw, wknd)
        self.log("val_loss", self.pinball(pred, y / mean - 1))
        kw = (pred + 1) * mean.unsqueeze(-1)
        self.log("val_mape", ((kw[..., 1] - y).abs() / y).mean(), prog_bar=True)
        self.log("val_naive_mape", ((hist[:, -24:] - y).abs() / y).mean())
        self.log("val_cover80", ((y > kw[..., 0]) & (y < kw[..., 2])).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3)
        sch = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.4, patience=2)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "monitor": "val_loss"}}

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, n=2400, seed=23):
        super().__init__()
        g = np.random.default_rng(seed)
        x = g.normal(size=(n, 10)).astype(np.float32)
        kind = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + (x[:, 3] > 0.4)
        crop_yield = (
            np.sin(1.5 * x[:, 4])
            + 0.7 * x[:, 5] * (x[:, 0] > 0)
            - 0.5 * x[:, 6]
            + g.normal(0, 0.15, n)
        )
        crop_yield = (crop_yield - crop_yield[:1900].mean()) / crop_yield[:1900].std()
        t = (
            torch.from_numpy(x),
            torch.from_numpy(kind),
            torch.from_numpy(crop_yield.astype(np.float32)),
        )
        self.tr = TensorDataset(*(a[:1900] for a in t))
        self.va = TensorDataset(*(a[1900:] for a in t))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class Model(L.LightningModule):
    def __init__(self, alpha=0.7):
        super().__init__()
        torch.manual_seed(23)
        self.alpha = alpha
        self.trunk = nn.Sequential(nn.Linear(10, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.kind_head = nn.Linear(96, 3)
        self.yield_head = nn.Linear(96, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.kind_head(h), self.yield_head(h).squeeze(1)

    def training_step(self, batch, batch_idx):
        x, k, q = batch
        zk, zq = self(x)
        parts = {"ce": F.cross_entropy(zk, k), "mse": F.mse_loss(zq, q).item()}
        self.log_dict(parts)
        return parts["ce"] + self.alpha * parts["mse"]

    def validation_step(self, batch, batch_idx):
        x, k, q = batch
        zk, zq = self(x)
        self.log("val_acc", (zk.argmax(1) == k).float().mean())
        self.log("val_r2", 1 - F.mse_loss(zq, q) / q.var(unbiased=False))
        self.log("val_loss", F.cross_entropy(zk, k) + self.alpha * F.mse_loss(zq, q))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

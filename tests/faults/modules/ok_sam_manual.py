"""Sharpness-aware minimisation by hand: two backward passes per step, manual optimisation, LR per batch."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = make_classification(
            n_samples=6000,
            n_features=20,
            n_informative=8,
            n_redundant=4,
            n_classes=4,
            n_clusters_per_class=2,
            class_sep=1.6,
            flip_y=0.03,
            random_state=10,
        )
        xt, xv, yt, yv = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
        m, s = xt.mean(0), xt.std(0)
        f = lambda a, b: TensorDataset(
            torch.tensor((a - m) / s, dtype=torch.float32), torch.tensor(b)
        )
        self.tr, self.va = f(xt, yt), f(xv, yv)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=250)


class Model(L.LightningModule):
    def __init__(self, rho=0.1, total_steps=1800):
        super().__init__()
        self.automatic_optimization = False
        self.rho, self.total_steps = rho, total_steps
        self.net = nn.Sequential(
            nn.Linear(20, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 4)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        sched = self.lr_schedulers()
        params = [p for p in self.net.parameters() if p.requires_grad]

        opt.zero_grad()
        loss = F.cross_entropy(self(x), y)
        self.manual_backward(loss)
        with torch.no_grad():
            norm = torch.stack([p.grad.norm() for p in params]).norm() + 1e-12
            eps = [p.grad * (self.rho / norm) for p in params]
            for p, e in zip(params, eps):
                p.add_(e)

        opt.zero_grad()
        self.manual_backward(F.cross_entropy(self(x), y))
        with torch.no_grad():
            for p, e in zip(params, eps):
                p.sub_(e)
        opt.step()
        sched.step()
        self.log("train_loss", loss.detach(), prog_bar=True)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
        sched = torch.optim.lr_scheduler.LambdaLR(
            opt, lambda s: min((s + 1) / 90, max(0.01, 1 - s / self.total_steps))
        )
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "step"}}

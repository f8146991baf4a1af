"""Supervised contrastive embedding of digits with a P x K batch sampler; validated by k-NN retrieval."""

import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Sampler, TensorDataset


class PKSampler(Sampler):
    def __init__(self, labels, p=10, k=6, batches=25):
        self.groups = [np.flatnonzero(labels == c) for c in np.unique(labels)]
        self.p, self.k, self.batches = p, k, batches

    def __len__(self):
        return self.batches

    def __iter__(self):
        for _ in range(self.batches):
            classes = torch.randperm(len(self.groups))[: self.p]
            out = []
            for c in classes.tolist():
                g = self.groups[c]
                out += g[torch.randperm(len(g))[: self.k].numpy()].tolist()
            yield out


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = load_digits(return_X_y=True)
        xt, xv, yt, yv = train_test_split(
            (x / 16).astype(np.float32), y, test_size=500, random_state=2, stratify=y
        )
        self.yt = yt
        self.train_set = TensorDataset(torch.from_numpy(xt), torch.from_numpy(yt))
        self.val_set = TensorDataset(torch.from_numpy(xv), torch.from_numpy(yv))

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_sampler=PKSampler(self.yt))

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=len(self.val_set))


def supcon(z, y, tau):
    n = len(z)
    eye = torch.eye(n, dtype=torch.bool, device=z.device)
    sim = (z @ z.T / tau).masked_fill(eye, float("-inf"))
    logp = sim - sim.logsumexp(1, keepdim=True)
    pos = (y[:, None] == y[None]) & ~eye
    return -(logp.masked_fill(~pos, 0.0).sum(1) / pos.sum(1).clamp(min=1)).mean()


class Model(L.LightningModule):
    def __init__(self, tau=0.1):
        super().__init__()
        self.tau = tau
        self.trunk = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.proj = nn.Linear(64, 24)

    def forward(self, x):
        return F.normalize(self.proj(self.trunk(x)), dim=1)

    def training_step(self, batch, idx):
        x, y = batch
        x = x + 0.1 * torch.randn_like(x)
        loss = supcon(self(x), y, self.tau)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        z = self(x)
        sim = z @ z.T
        sim.fill_diagonal_(-2)
        hit = (y[sim.argmax(1)] == y).float().mean()
        top5 = (y[sim.topk(5, dim=1).indices] == y[:, None]).float().mean()
        self.log("val_loss", supcon(z, y, self.tau))
        self.log("val_recall1", hit, prog_bar=True)
        self.log("val_prec5", top5)

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=2e-3)
        return [opt], [torch.optim.lr_scheduler.StepLR(opt, 12, 0.3)]

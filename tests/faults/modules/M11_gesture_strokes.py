import math

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def strokes(n, seed, T=24):
    g = torch.Generator().manual_seed(seed)
    t = torch.linspace(0, 1, T)
    y = torch.randint(0, 5, (n,), generator=g)
    ph = 0.6 * torch.randn(n, 1, generator=g)
    sp = 0.8 + 0.4 * torch.rand(n, 1, generator=g)
    w = 2 * math.pi * sp * t + ph
    curves = torch.stack(
        [
            torch.stack([torch.cos(w), torch.sin(w)], -1),
            torch.stack([torch.cos(w), -torch.sin(w)], -1),
            torch.stack([torch.cos(w), torch.sin(2 * w)], -1),
            torch.stack([torch.sin(3 * w), torch.cos(w)], -1),
            torch.stack([torch.sign(torch.cos(w)), torch.sign(torch.sin(w))], -1),
        ]
    )
    x = curves[y, torch.arange(n)]
    return x + 0.3 * torch.randn(x.shape, generator=g), y


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size
        self.tr = TensorDataset(*strokes(1280, 0))
        self.va = TensorDataset(*strokes(320, 1))

    def train_dataloader(self):
        return DataLoader(self.tr, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 64)


class Model(L.LightningModule):
    def __init__(self, hidden=24, T=24):
        super().__init__()
        torch.manual_seed(13)
        self.rnn = nn.GRU(2, hidden)
        self.cls = nn.Sequential(nn.Linear(hidden * T, 64), nn.ReLU(), nn.Linear(64, 5))

    def forward(self, x):
        out, _ = self.rnn(x.transpose(0, 1))
        return self.cls(out.reshape(x.size(0), -1))

    def training_step(self, batch, i):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, i):
        x, y = batch
        o = self(x)
        self.log("val_loss", nn.functional.cross_entropy(o, y))
        self.log("val_acc", (o.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-3)

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def readings(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 4, (n,), generator=g)
    a, b = y // 2, y % 2
    u = torch.randn(n, 12, generator=g)
    v = torch.randn(n, 20, generator=g)
    u[:, 0] = u[:, 0] * 0.3 + (2.0 * a - 1) * u[:, 1].sign()
    v[:, 3] = v[:, 3] * 0.3 + (2.0 * b - 1) * v[:, 7].sign()
    return TensorDataset(u, torch.sigmoid(2 * v), y)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train_ds = readings(4096, 10)
        self.val_ds = readings(512, 11)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=128)


class Model(L.LightningModule):
    def __init__(self, width=32):
        super().__init__()
        torch.manual_seed(4)
        self.vib = nn.Linear(12, width, bias=False)
        self.aco = nn.Linear(20, width, bias=False)
        self.mix = nn.Linear(2 * width, width, bias=False)
        self.top = nn.Linear(width, width, bias=False)
        self.norm_v = nn.BatchNorm1d(width)
        self.norm_a = nn.BatchNorm1d(width)
        self.norm_m = nn.BatchNorm1d(width)
        self.norm_t = nn.BatchNorm1d(width)
        self.out = nn.Linear(width, 4)

    def forward(self, u, v):
        hu = F.relu(self.norm_v(self.vib(u)))
        hv = F.relu(self.norm_a(self.aco(v)))
        h = F.relu(self.norm_m(self.mix(torch.cat([hu, hv], 1))))
        h = F.relu(self.norm_t(self.top(h)))
        return self.out(h)

    def training_step(self, batch, batch_idx):
        u, v, y = batch
        loss = F.cross_entropy(self(u, v), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        u, v, y = batch
        z = self(u, v)
        self.log("val_loss", F.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def prepare(self, n, rng):
        y = rng.integers(0, 4, n)
        t = np.linspace(0, 1, 16)
        f = np.array([1.0, 2.0, 3.0, 4.0])[y][:, None]
        ph = rng.uniform(0, 1.0, (n, 1))
        x = np.stack(
            [np.sin(2 * np.pi * f * t + ph), np.cos(2 * np.pi * f * t + ph), np.zeros((n, 16))], -1
        )
        x = x + rng.normal(0, 0.4, x.shape)
        return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))

    def setup(self, stage=None):
        rng = np.random.default_rng(6)
        self.tr, self.va = self.prepare(1500, rng), self.prepare(300, rng)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=50)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, d=32, seq=16):
        super().__init__()
        self.d, self.seq = d, seq
        self.embed = nn.Linear(3, d)
        self.pos = nn.Parameter(torch.randn(1, seq, d) * 0.02)
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ff = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))
        self.head = nn.Linear(seq * d, 4)

    def forward(self, x):
        h = self.embed(x) + self.pos
        h = self.n1(h + self.attn(h, h, h, need_weights=False)[0])
        h = self.n2(h + self.ff(h))
        return self.head(h.transpose(0, 1).reshape(-1, self.seq * self.d))

    def training_step(self, batch, i):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        z = self(x)
        self.log("val_loss", F.cross_entropy(z, y), batch_size=len(y))
        self.log("val_acc", (z.argmax(-1) == y).float().mean(), batch_size=len(y))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3)

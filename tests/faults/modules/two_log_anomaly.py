import math

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def logs(n, seed):
    """five kinds of incident; each has its own pairs of consecutive events"""
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(1, 30, (n, 16), generator=g)
    y = torch.randint(0, 5, (n,), generator=g)
    for _ in range(2):
        p = torch.randint(0, 15, (n,), generator=g)
        r = torch.arange(n)
        x[r, p] = 3 + y
        x[r, p + 1] = 20 + y
    return x, y


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = logs(1200, 0)
        self.train = TensorDataset(x, y)
        self.val = TensorDataset(*logs(400, 1))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, d=32):
        super().__init__()
        self.tok = nn.Embedding(30, d)
        pos = torch.arange(16)[:, None]
        div = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
        pe = torch.zeros(16, d)
        pe[:, 0::2], pe[:, 1::2] = torch.sin(pos * div), torch.cos(pos * div)
        self.register_buffer("pe", pe)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.1, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 1)
        self.cls = nn.Linear(d, 5)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p)

    def forward(self, x):
        return self.cls(self.enc(self.tok(x) + self.pe).mean(1))

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.1)

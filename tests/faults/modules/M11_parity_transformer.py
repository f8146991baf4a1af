import math

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(5)


class PositionalEncoding(nn.Module):
    def __init__(self, d, max_len=2000):
        super().__init__()
        pos = torch.arange(max_len).unsqueeze(1)
        div = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
        pe = torch.zeros(max_len, 1, d)
        pe[:, 0, 0::2] = torch.sin(pos * div)
        pe[:, 0, 1::2] = torch.cos(pos * div)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[: x.size(0)]


def which_first(n, seed):
    # which of the two marker tokens (1 / 2) shows up first?
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(3, 12, (n, 12), generator=g)
    p = torch.rand(n, 12, generator=g).argsort(1)[:, :2]
    x[torch.arange(n), p[:, 0]] = 1
    x[torch.arange(n), p[:, 1]] = 2
    return x, (p[:, 0] < p[:, 1]).long()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr = TensorDataset(*which_first(2000, 1))
        self.va = TensorDataset(*which_first(500, 2))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=64)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(12, d)
        self.pos = PositionalEncoding(d)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(d, 2)

    def forward(self, x):
        h = self.pos(self.emb(x))
        return self.head(self.enc(h).mean(1))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        o = self(x)
        self.log("val_loss", F.cross_entropy(o, y))
        self.log("val_acc", (o.argmax(1) == y).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3)

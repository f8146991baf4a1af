from dataclasses import dataclass

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Cfg:
    vocab: int = 30
    length: int = 16
    dim: int = 32
    heads: int = 4
    layers: int = 2
    lr: float = 1e-3
    epochs: int = 12
    batch: int = 64


def logs(n, cfg, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(2, cfg.vocab, (n, cfg.length), generator=g)
    y = torch.randint(0, 3, (n,), generator=g)
    for i in range(n):
        a, b = torch.randperm(cfg.length, generator=g)[:2].sort().values.tolist()
        if y[i] == 0:
            x[i, a], x[i, b] = 0, 1
        elif y[i] == 1:
            x[i, a], x[i, b] = 1, 0
        else:
            x[i, a] = x[i, b] = int(torch.randint(0, 2, (1,), generator=g))
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.cfg = Cfg()

    def setup(self, stage=None):
        self.tr, self.va = logs(2400, self.cfg, 0), logs(500, self.cfg, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, self.cfg.batch, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 250)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.cfg = c = Cfg()
        self.max_epochs = c.epochs
        self.tok = nn.Embedding(c.vocab, c.dim)
        self.pos = nn.Parameter(0.02 * torch.randn(1, c.length, c.dim))
        block = nn.TransformerEncoderLayer(c.dim, c.heads, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(block, c.layers, enable_nested_tensor=False)
        self.head = nn.Linear(c.dim, 3)

    def forward(self, x):
        return self.head(self.encoder(self.tok(x) + self.pos).mean(1))

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_acc", (self(x).argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.cfg.lr)

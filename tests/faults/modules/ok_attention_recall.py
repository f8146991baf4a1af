"""Associative recall: a list of key/value pairs followed by a query key; small transformer answers with the value.
Loss only on the answer position. Sequences have different numbers of pairs (padding mask)."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

KEYS, VALS, MAXP = 12, 8, 6
PAD_K, PAD_V = KEYS, VALS


def build(n, seed):
    g = torch.Generator().manual_seed(seed)
    k = torch.stack([torch.randperm(KEYS, generator=g)[:MAXP] for _ in range(n)])
    v = torch.randint(VALS, (n, MAXP), generator=g)
    m = torch.randint(2, MAXP + 1, (n,), generator=g)
    which = (torch.rand(n, generator=g) * m).long()
    r = torch.arange(n)
    q, a = k[r, which], v[r, which]
    pad = torch.arange(MAXP)[None] >= m[:, None]
    k, v = k.masked_fill(pad, PAD_K), v.masked_fill(pad, PAD_V)
    return TensorDataset(k, v, pad, q, a)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train_ds = build(3000, 1)
        self.val_ds = build(1000, 2)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=64, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=500)


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.att = nn.MultiheadAttention(d, heads, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x, pad):
        h = self.n1(x)
        x = x + self.att(h, h, h, key_padding_mask=pad, need_weights=False)[0]
        return x + self.ff(self.n2(x))


class Model(L.LightningModule):
    def __init__(self, d=48):
        super().__init__()
        self.key = nn.Embedding(KEYS + 1, d, padding_idx=PAD_K)
        self.val = nn.Embedding(VALS + 1, d, padding_idx=PAD_V)
        self.ask = nn.Parameter(torch.zeros(d))
        self.blocks = nn.ModuleList([Block(d, 4), Block(d, 4)])
        self.norm = nn.LayerNorm(d)
        self.out = nn.Linear(d, VALS)

    def forward(self, k, v, pad, q):
        x = torch.cat([self.key(k) + self.val(v), (self.key(q) + self.ask)[:, None]], dim=1)
        pad = torch.cat([pad, pad.new_zeros(len(pad), 1)], dim=1)
        for b in self.blocks:
            x = b(x, pad)
        return self.out(self.norm(x[:, -1]))

    def training_step(self, batch, i):
        *inp, a = batch
        loss = F.cross_entropy(self(*inp), a)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        *inp, a = batch
        z = self(*inp)
        self.log("val_loss", F.cross_entropy(z, a))
        self.log("val_acc", (z.argmax(-1) == a).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.01)
        warm = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / 100))
        return {"optimizer": opt, "lr_scheduler": {"scheduler": warm, "interval": "step"}}

"""Pairwise (BPR) matrix factorisation for songs."""

import lightning as L
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

USERS, SONGS = 120, 80


def preference_pairs(n=14000, seed=4):
    g = torch.Generator().manual_seed(seed)
    u_taste = torch.randn(USERS, 3, generator=g)
    s_style = torch.randn(SONGS, 3, generator=g)
    popularity = 0.7 * torch.randn(SONGS, generator=g)
    score = u_taste @ s_style.T + popularity
    u = torch.randint(0, USERS, (n,), generator=g)
    a = torch.randint(0, SONGS, (n,), generator=g)
    b = (a + torch.randint(1, SONGS, (n,), generator=g)) % SONGS
    first = torch.rand(n, generator=g) < torch.sigmoid(3.0 * (score[u, a] - score[u, b]))
    liked, other = torch.where(first, a, b), torch.where(first, b, a)
    key = (u * SONGS + torch.minimum(a, b)) * SONGS + torch.maximum(a, b)
    _, inv = torch.unique(key, return_inverse=True)
    keep = torch.zeros(int(inv.max()) + 1, dtype=torch.long)
    keep[inv] = torch.arange(n)
    return u[keep], liked[keep], other[keep]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        full = TensorDataset(*preference_pairs())
        n_val = len(full) // 5
        self.train_pairs, self.val_pairs = random_split(
            full, [len(full) - n_val, n_val], generator=torch.Generator().manual_seed(0)
        )

    def train_dataloader(self):
        return DataLoader(self.train_pairs, batch_size=128, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_pairs, batch_size=512)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, dim=8):
        super().__init__()
        self.user = nn.Embedding(USERS, dim)
        self.song = nn.Embedding(SONGS, dim)
        self.song_bias = nn.Embedding(SONGS, 1)
        for e in (self.user, self.song):
            nn.init.normal_(e.weight, std=0.3)
        nn.init.zeros_(self.song_bias.weight)

    def forward(self, u, s):
        return (self.user(u) * self.song(s)).sum(-1) + self.song_bias(s).squeeze(-1)

    def bpr(self, pos, neg):
        return -F.logsigmoid(pos - neg).mean()

    def training_step(self, batch, batch_idx):
        u, liked, other = batch
        loss = self.bpr(self(u, liked), self(u, other))
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        u, liked, other = batch
        pos, neg = self(u, liked), self(u, other)
        self.log("val_loss", self.bpr(pos, neg))
        self.log("val_auc", (pos > neg).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=5e-3, weight_decay=0.1)

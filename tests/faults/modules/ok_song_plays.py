import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(4)
USERS, SONGS = 200, 120


def plays():
    rng = np.random.default_rng(4)
    u, s = rng.normal(size=(USERS, 3)), rng.normal(size=(SONGS, 3))
    like = u @ s.T + 0.3 * rng.normal(size=(USERS, SONGS))
    return like > np.quantile(like, 0.75)


class Pairs(Dataset):
    """(user, liked song, song not liked); the negative is drawn anew each time unless it is given."""

    def __init__(self, matrix, cells, negatives=None):
        self.matrix, self.cells, self.neg = matrix, cells, negatives

    def __len__(self):
        return len(self.cells)

    def __getitem__(self, i):
        u, s = self.cells[i]
        if self.neg is not None:
            return int(u), int(s), int(self.neg[i])
        while True:
            n = int(torch.randint(SONGS, ()))
            if not self.matrix[u, n]:
                return int(u), int(s), n


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        m = plays()
        rng = np.random.default_rng(44)
        cells = np.argwhere(m)
        rng.shuffle(cells)
        n = int(0.85 * len(cells))
        neg = [rng.choice(np.flatnonzero(~m[u])) for u, _ in cells[n:]]
        self.train, self.val = Pairs(m, cells[:n]), Pairs(m, cells[n:], neg)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=128, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=1024)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, dim=8):
        super().__init__()
        self.user, self.song = nn.Embedding(USERS, dim), nn.Embedding(SONGS, dim)
        self.song_bias = nn.Embedding(SONGS, 1)
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.song.weight, std=0.1)
        nn.init.zeros_(self.song_bias.weight)

    def score(self, u, s):
        return (self.user(u) * self.song(s)).sum(-1) + self.song_bias(s).squeeze(-1)

    def margin(self, batch):
        u, good, bad = batch
        return self.score(u, good) - self.score(u, bad)

    def training_step(self, batch, _):
        loss = -nn.functional.logsigmoid(self.margin(batch)).mean()
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        m = self.margin(batch)
        self.log("val_loss", -nn.functional.logsigmoid(m).mean())
        self.log("val_auc", (m > 0).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2, weight_decay=1e-5)

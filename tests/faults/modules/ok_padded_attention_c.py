import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

L.seed_everything(11)


class Sentences(Dataset):
    """label: does the 'negation' token (1) stand directly before the 'good' token (2)?"""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.rows = []
        for i in range(n):
            k = int(torch.randint(5, 15, (1,), generator=g))
            s = torch.randint(3, 20, (k,), generator=g)
            p = int(torch.randint(0, k - 2, (1,), generator=g))
            y = i % 2
            s[p], s[p + 1] = (1, 2) if y else (2, 1)
            self.rows.append((s, y))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def collate(rows):
    xs, ys = zip(*rows)
    return pad_sequence(xs, batch_first=True), torch.tensor(ys)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = Sentences(2000, 0), Sentences(400, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.va, 100, collate_fn=collate)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(20, d, padding_idx=0)
        self.pos = nn.Embedding(16, d)
        self.att = nn.MultiheadAttention(d, 4, batch_first=True)
        self.norm = nn.LayerNorm(d)
        self.ff = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, d))
        self.out = nn.Linear(d, 2)

    def forward(self, x):
        pad = x == 0
        h = self.emb(x) + self.pos(torch.arange(x.size(1), device=x.device))
        h = self.norm(h + self.att(h, h, h, key_padding_mask=pad, need_weights=False)[0])
        h = h + self.ff(h)
        keep = (~pad).unsqueeze(-1).float()
        return self.out((h * keep).sum(1) / keep.sum(1))

    def training_step(self, b, _):
        loss = F.cross_entropy(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        self.log("val_loss", F.cross_entropy(z, b[1]))
        self.log("val_acc", (z.argmax(1) == b[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

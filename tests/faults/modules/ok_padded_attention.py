import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD = 0


def collate(items):
    seqs, labels = zip(*items)
    return pad_sequence(seqs, batch_first=True, padding_value=PAD), torch.tensor(labels)


class Data(L.LightningDataModule):
    def build(self, n, rng):
        out = []
        for _ in range(n):
            m = int(rng.integers(6, 18))
            s = rng.integers(4, 30, m)
            lab = int(rng.integers(0, 3))
            s[rng.integers(0, m)] = lab + 1
            out.append((torch.tensor(s), lab))
        return out

    def setup(self, stage=None):
        rng = np.random.default_rng(71)
        self.tr, self.va = self.build(1400, rng), self.build(300, rng)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=150, collate_fn=collate)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(30, d, padding_idx=PAD)
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.norm = nn.LayerNorm(d)
        self.query = nn.Linear(d, 1)
        self.fc = nn.Linear(d, 3)

    def forward(self, tok):
        pad = tok == PAD
        h = self.emb(tok)
        h = self.norm(h + self.attn(h, h, h, key_padding_mask=pad, need_weights=False)[0])
        w = self.query(h).squeeze(-1).masked_fill(pad, float("-inf")).softmax(1)
        return self.fc((w.unsqueeze(-1) * h).sum(1))

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        z = self(batch[0])
        self.log("val_loss", F.cross_entropy(z, batch[1]), batch_size=len(z))
        self.log("val_acc", (z.argmax(1) == batch[1]).float().mean(), batch_size=len(z))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)

import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PAD, MAXLEN = 0, 15


class Data(pl.LightningDataModule):
    def __init__(self, bs=64):
        super().__init__()
        self.bs = bs

    def setup(self, stage=None):
        r = np.random.default_rng(122)
        n = 3000
        x = np.zeros((n, MAXLEN), dtype=np.int64)
        y = np.zeros(n, dtype=np.int64)
        for i in range(n):
            k = r.integers(4, MAXLEN + 1)
            x[i, :k] = r.integers(1, 41, k)
            fam = (x[i, :k] - 1) // 10
            f = r.integers(0, 4)
            extra = r.choice(k, int(0.5 * k), replace=False)
            x[i, extra] = r.integers(1 + 10 * f, 11 + 10 * f, len(extra))
            fam = (x[i, :k] - 1) // 10
            y[i] = np.bincount(fam, minlength=4).argmax()
        ds = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
        self.tr = torch.utils.data.Subset(ds, range(2400))
        self.va = torch.utils.data.Subset(ds, range(2400, n))

    def train_dataloader(self):
        return DataLoader(self.tr, self.bs, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 300)


class Model(pl.LightningModule):
    max_epochs = 10

    def __init__(self, d=32):
        super().__init__()
        pl.seed_everything(122, verbose=False)
        self.emb = nn.Embedding(41, d, padding_idx=PAD)
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.att = nn.MultiheadAttention(d, 4, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d))
        self.out = nn.Linear(d, 4)

    def forward(self, s):
        pad = s == PAD
        h = self.emb(s)
        q = self.ln1(h)
        h = h + self.att(q, q, q, key_padding_mask=pad, need_weights=False)[0]
        h = h + self.ff(self.ln2(h))
        keep = (~pad).unsqueeze(-1).float()
        return self.out((h * keep).sum(1) / keep.sum(1))

    def training_step(self, batch, i):
        loss = nn.functional.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", nn.functional.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)

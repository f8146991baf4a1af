# Small causal LM on an endless stream of bracketed arithmetic-like strings
import random

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset

TOK = ["<pad>", "<s>", "</s>"] + list("abcdefgh()[]+*")
ID = {t: i for i, t in enumerate(TOK)}
MAXLEN = 32


def expr(r, depth=0):
    if depth >= 3 or r.random() < 0.3:
        return r.choice("abcdefgh")
    op = r.choice("+*")
    o, c = ("()", "[]")[op == "*"]
    return o + expr(r, depth + 1) + op + expr(r, depth + 1) + c


def encode(s):
    return [1] + [ID[c] for c in s] + [2]


class Stream(IterableDataset):
    def __init__(self, n, exclude):
        self.n, self.r, self.exclude = n, random.Random(4242), exclude

    def __iter__(self):  # keeps drawing new strings, epochs never repeat
        k = 0
        while k < self.n:
            s = encode(expr(self.r))
            if 5 < len(s) <= MAXLEN and tuple(s) not in self.exclude:
                k += 1
                yield s


def collate(rows):
    m = max(map(len, rows))
    return torch.tensor([r + [0] * (m - len(r)) for r in rows])


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        r = random.Random(777)
        self.held = [s for s in (encode(expr(r)) for _ in range(800)) if 5 < len(s) <= MAXLEN]
        self.stream = Stream(1920, set(map(tuple, self.held)))

    def train_dataloader(self):
        return DataLoader(self.stream, batch_size=32, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.held, batch_size=128, collate_fn=collate)


class Block(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h, self.n1, self.n2 = h, nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.o = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.ff = nn.Sequential(nn.Linear(d, 3 * d), nn.GELU(), nn.Linear(3 * d, d))

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = self.qkv(self.n1(x)).view(B, T, 3, self.h, -1).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # padding is on the right only
        x = x + self.o(a.transpose(1, 2).reshape(B, T, D))
        return x + self.ff(self.n2(x))


class Model(L.LightningModule):
    def __init__(self, d=48, layers=2):
        super().__init__()
        self.emb = nn.Embedding(len(TOK), d, padding_idx=0)
        self.pos = nn.Embedding(MAXLEN, d)
        self.blocks = nn.Sequential(*[Block(d, 4) for _ in range(layers)])
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, len(TOK), bias=False)
        for w in (self.emb.weight, self.pos.weight):
            nn.init.normal_(w, std=0.1)
        with torch.no_grad():
            self.emb.weight[0].zero_()
        self.head.weight = self.emb.weight

    def forward(self, ids):
        x = self.emb(ids) + self.pos(torch.arange(ids.shape[1], device=ids.device))
        return self.head(self.norm(self.blocks(x)))

    def training_step(self, ids, _):
        z, t = self(ids[:, :-1]), ids[:, 1:]
        loss = F.cross_entropy(z.flatten(0, 1), t.flatten(), ignore_index=0, label_smoothing=0.1)
        self.log("train_loss", loss, batch_size=len(ids))
        return loss

    def validation_step(self, ids, _):
        z, t = self(ids[:, :-1]), ids[:, 1:]
        keep = t != 0
        n = int(keep.sum())
        self.log("val_loss", F.cross_entropy(z[keep], t[keep]), batch_size=n)  # plain NLL here
        self.log("val_acc", (z.argmax(-1) == t)[keep].float().mean(), batch_size=n)
        # operator and closing bracket are determined by the opening one
        det = (t >= ID[")"]) & (t != ID["["]) & keep
        self.log("val_syntax_acc", (z.argmax(-1) == t)[det].float().mean(), batch_size=n)

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=5e-3, betas=(0.9, 0.98), weight_decay=0.01)
        warm = 50
        sch = torch.optim.lr_scheduler.LambdaLR(
            opt, lambda s: min((s + 1) / warm, (warm / (s + 1)) ** 0.5)
        )
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "interval": "step"}}

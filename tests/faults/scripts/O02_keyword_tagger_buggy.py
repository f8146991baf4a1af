"""Tiny transformer encoder: which keyword type comes first in the message?"""

import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

VOCAB, LEN, CLASSES = 50, 14, 4


def messages(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(CLASSES, VOCAB, (n, LEN), generator=g)
    first = torch.randint(0, CLASSES, (n,), generator=g)
    second = (first + torch.randint(1, CLASSES, (n,), generator=g)) % CLASSES
    pos = torch.rand(n, LEN, generator=g).argsort(1)[:, :2].sort(1).values
    x[torch.arange(n), pos[:, 0]] = first
    x[torch.arange(n), pos[:, 1]] = second
    return TensorDataset(x, first)


class Encoder(nn.Module):
    def __init__(self, d=48, heads=4, layers=2):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, d)
        self.pos = nn.Parameter(torch.randn(1, LEN, d) * 0.1)
        layer = nn.TransformerEncoderLayer(
            d, heads, 2 * d, dropout=0.1, batch_first=True, norm_first=True
        )
        self.enc = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.cls = nn.Linear(d, CLASSES)

    def forward(self, x):
        h = self.enc(self.tok(x) + self.pos)
        return self.cls(self.norm(h).mean(1))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--lr", type=float, default=2e-6)
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument("--batch_size", type=int, default=64)
    args = p.parse_args()
    torch.manual_seed(0)

    train = DataLoader(messages(3200, 1), args.batch_size, shuffle=True)
    val = DataLoader(messages(800, 2), 200)
    model = Encoder()
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01)
    sched = torch.optim.lr_scheduler.OneCycleLR(
        opt, max_lr=args.lr, total_steps=args.epochs * len(train), pct_start=0.2
    )
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        model.train()
        run = 0.0
        for x, y in train:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            sched.step()
            run += loss.item()
        model.eval()
        hits = 0
        with torch.no_grad():
            for x, y in val:
                hits += (model(x).argmax(-1) == y).sum().item()
        print(f"epoch {epoch + 1}: loss {run / len(train):.4f}  val_acc {hits / 800:.4f}")
    print(f"final val_acc: {hits / 800:.4f}")


if __name__ == "__main__":
    main()

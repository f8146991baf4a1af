import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def get_args():
    p = argparse.ArgumentParser(description="majority group classification of token sequences")
    p.add_argument("--lr", type=float, default=0.1)
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--batch-size", type=int, default=32)
    p.add_argument("--dim", type=int, default=32)
    return p.parse_args()


def make_split(n, gen, length=15, vocab=30):
    # tokens 0-9, 10-19, 20-29 belong to three groups; label = the group that is over-represented
    bias = torch.randint(0, 3, (n,), generator=gen)
    tok = torch.randint(0, vocab, (n, length), generator=gen)
    own = bias[:, None] * 10 + torch.randint(0, 10, (n, length), generator=gen)
    tok = torch.where(torch.rand(n, length, generator=gen) < 0.45, own, tok)
    return TensorDataset(tok, bias)


class SeqClassifier(nn.Module):
    def __init__(self, dim, vocab=30, length=15, heads=4, layers=2, classes=3):
        super().__init__()
        self.tok = nn.Embedding(vocab, dim)
        self.pos = nn.Parameter(torch.randn(1, length, dim) * 0.02)
        enc = nn.TransformerEncoderLayer(dim, heads, dim * 2, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(enc, layers)
        self.cls = nn.Linear(dim, classes)

    def forward(self, t):
        return self.cls(self.encoder(self.tok(t) + self.pos).mean(1))


def main():
    args = get_args()
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(17)
    train, val = make_split(1600, gen), make_split(400, gen)
    train_dl = DataLoader(train, args.batch_size, shuffle=True)
    val_dl = DataLoader(val, 100)
    model = SeqClassifier(args.dim)
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr)
    ce = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        model.train()
        tl = 0
        for t, y in train_dl:
            opt.zero_grad()
            loss = ce(model(t), y)
            loss.backward()
            opt.step()
            tl += loss.item()
        model.eval()
        vl, ok = 0, 0
        with torch.no_grad():
            for t, y in val_dl:
                o = model(t)
                vl += ce(o, y).item()
                ok += (o.argmax(-1) == y).sum().item()
        print(
            f"epoch {epoch}: train_loss={tl / len(train_dl):.4f} val_loss={vl / len(val_dl):.4f} val_acc={ok / len(val):.4f}"
        )


if __name__ == "__main__":
    main()

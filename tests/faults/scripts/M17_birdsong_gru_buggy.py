import argparse
import math

import torch
from torch import nn


def get_args():
    ap = argparse.ArgumentParser()
    ap.add_argument("--species", type=int, default=12)
    ap.add_argument("--frames", type=int, default=16)
    ap.add_argument("--mels", type=int, default=10)
    ap.add_argument("--hidden", type=int, default=2)
    ap.add_argument("--lr", type=float, default=4e-3)
    ap.add_argument("--epochs", type=int, default=18)
    ap.add_argument("--batch", type=int, default=48)
    return ap.parse_args()


def calls(n, args, gen, templates):
    y = torch.randint(0, args.species, (n,), generator=gen)
    x = templates[y].clone()
    roll = torch.randint(-2, 3, (n,), generator=gen)
    for i in range(n):
        x[i] = torch.roll(x[i], int(roll[i]), 0)
    return x + 0.9 * torch.randn(x.shape, generator=gen), y


class Caller(nn.Module):
    def __init__(self, mels, hidden, species):
        super().__init__()
        self.rnn = nn.GRU(mels, hidden, batch_first=True)
        self.norm = nn.LayerNorm(hidden)
        self.fc = nn.Linear(hidden, species)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(self.norm(out.mean(1)))


def main():
    args = get_args()
    torch.manual_seed(2)
    gen = torch.Generator().manual_seed(2)
    templates = torch.randn(args.species, args.frames, args.mels, generator=gen)
    xt, yt = calls(1500, args, gen, templates)
    xv, yv = calls(500, args, gen, templates)
    model = Caller(args.mels, args.hidden, args.species)
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=1e-3)
    steps = args.epochs * math.ceil(len(xt) / args.batch)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=args.lr, total_steps=steps)
    for epoch in range(args.epochs):
        model.train()
        for b in torch.randperm(len(xt)).split(args.batch):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(xt[b]), yt[b])
            loss.backward()
            opt.step()
            sched.step()
        model.eval()
        with torch.no_grad():
            acc = (model(xv).argmax(-1) == yv).float().mean().item()
        print(f"epoch {epoch} last loss {loss.item():.3f}")
        print(f"val accuracy {acc:.4f}")


main()

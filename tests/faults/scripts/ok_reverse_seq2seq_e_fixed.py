import argparse
import random

import torch
from torch import nn

ap = argparse.ArgumentParser()
ap.add_argument("--symbols", type=int, default=8)
ap.add_argument("--length", type=int, default=6)
ap.add_argument("--hidden", type=int, default=64)
ap.add_argument("--epochs", type=int, default=18)
a = ap.parse_args()
random.seed(1)
torch.manual_seed(1)
BOS = a.symbols


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(a.symbols + 1, 24)
        self.enc = nn.GRU(24, a.hidden, batch_first=True)
        self.cell = nn.GRUCell(24, a.hidden)
        self.out = nn.Linear(a.hidden, a.symbols)

    def forward(self, src, tgt=None, force=0.0):
        _, h = self.enc(self.emb(src))
        h = h[0]
        tok = torch.full((len(src),), BOS)
        logits = []
        for t in range(a.length):
            h = self.cell(self.emb(tok), h)
            o = self.out(h)
            logits.append(o)
            tok = tgt[:, t] if tgt is not None and random.random() < force else o.argmax(-1)
        return torch.stack(logits, 1)


src = torch.randint(0, a.symbols, (4000, a.length))
tgt = src.flip(1)
vs = torch.randint(0, a.symbols, (500, a.length))
vt = vs.flip(1)
net = Seq2Seq()
opt = torch.optim.Adam(net.parameters(), lr=6e-3)
for epoch in range(a.epochs):
    net.train()
    force = max(0.3, 1 - epoch / a.epochs)
    for b in torch.randperm(len(src)).split(80):
        logits = net(src[b], tgt[b], force)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), tgt[b].flatten())
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(vs).argmax(-1) == vt).float().mean().item()
    print("epoch", epoch, "loss", round(loss.item(), 4), "force", round(force, 2))
    print("val token acc", round(acc, 4))

import random

import torch
import torch.nn as nn

random.seed(0)
torch.manual_seed(0)
V, T, BOS = 8, 5, 8


def data(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(0, V, (n, T), generator=g)
    return x, x.flip(1)


class Seq2Seq(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.emb = nn.Embedding(V + 1, 24)
        self.enc = nn.GRU(24, h, batch_first=True)
        self.cell = nn.GRUCell(24, h)
        self.out = nn.Linear(h, V)

    def forward(self, x, y=None, tf=0.0):
        h = self.enc(self.emb(x))[1][0]
        tok = torch.full((len(x),), BOS)
        outs = []
        for t in range(T):
            h = self.cell(self.emb(tok), h)
            o = self.out(h)
            outs.append(o)
            use = y is not None and random.random() < tf
            tok = y[:, t] if use else o.argmax(1)
        return torch.stack(outs, 1)


Xt, Yt = data(3000, 1)
Xv, Yv = data(500, 2)
net = Seq2Seq()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for ep in range(18):
    net.train()
    tf = max(0.3, 1 - ep / 15)
    tot = 0.0
    for i in torch.randperm(len(Xt)).split(64):
        loss = nn.functional.cross_entropy(net(Xt[i], Yt[i], tf).flatten(0, 1), Yt[i].flatten())
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        tot += loss.item() * len(i)
    net.eval()
    with torch.no_grad():
        pred = net(Xv).argmax(-1)
    print(
        f"epoch {ep} loss {tot / len(Xt):.4f} val_token {(pred == Yv).float().mean().item():.4f} val_exact {(pred == Yv).all(1).float().mean().item():.4f}"
    )

import argparse

import numpy as np
import torch
import torch.nn as nn

p = argparse.ArgumentParser()
p.add_argument("--vocab", type=int, default=400)
p.add_argument("--langs", type=int, default=24)
p.add_argument("--dim", type=int, default=32)
p.add_argument("--epochs", type=int, default=14)
p.add_argument("--bs", type=int, default=64)
p.add_argument("--lr", type=float, default=2e-3)
p.add_argument("--seed", type=int, default=21)
args = p.parse_args()

rng = np.random.default_rng(args.seed)
torch.manual_seed(args.seed)

profiles = rng.dirichlet(np.full(args.vocab, 0.25), size=args.langs)
profiles = 0.55 * profiles + 0.45 * profiles.mean(0)


def sample(n, length=20):
    y = rng.integers(0, args.langs, n)
    x = np.stack([rng.choice(args.vocab, size=length, p=profiles[k]) for k in y])
    return torch.tensor(x), torch.tensor(y)


xtr, ytr = sample(5000)
xva, yva = sample(1000)


class LangId(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.EmbeddingBag(args.vocab, args.dim, mode="mean")
        self.hidden = nn.Linear(args.dim, 64)
        self.out = nn.Linear(64, args.langs)

    def forward(self, ids):
        h = torch.relu(self.hidden(self.emb(ids)))
        return torch.softmax(self.out(h), dim=-1)


net = LangId()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=args.lr)
for epoch in range(args.epochs):
    net.train()
    order = torch.randperm(len(xtr))
    for s in range(0, len(order), args.bs):
        b = order[s : s + args.bs]
        optimizer.zero_grad()
        loss = criterion(net(xtr[b]), ytr[b])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        prob = net(xva)
        acc = (prob.argmax(-1) == yva).float().mean()
    print("epoch", epoch, "loss %.3f" % loss.item())
    print("val acc %.4f" % acc)

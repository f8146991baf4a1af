import copy

import torch
from sklearn.datasets import make_friedman2
from torch import nn

torch.manual_seed(3)
DECAY = 0.98

X, y = make_friedman2(1600, noise=30.0, random_state=3)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
n = 1200
mx, sx, my, sy = X[:n].mean(0), X[:n].std(0), y[:n].mean(), y[:n].std()
X, t = (X - mx) / sx, (y - my) / sy

net = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
ema = copy.deepcopy(net).requires_grad_(False)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)


@torch.no_grad()
def update():
    for e, p in zip(ema.parameters(), net.parameters()):
        e.lerp_(p, 1 - DECAY)


@torch.no_grad()
def r2(m):
    m.eval()
    p = m(X[n:]).squeeze(1) * sy + my
    return (1 - ((p - y[n:]) ** 2).sum() / ((y[n:] - y[n:].mean()) ** 2).sum()).item()


for epoch in range(30):
    net.train()
    s = 0.0
    for idx in torch.randperm(n).split(32):
        loss = nn.functional.smooth_l1_loss(net(X[idx]).squeeze(1), t[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        update()
        s += loss.item() * len(idx)
    print(f"epoch {epoch} loss {s / n:.4f} val r2 raw {r2(net):.4f} val r2 averaged {r2(ema):.4f}")

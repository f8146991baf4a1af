import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(10)
torch.manual_seed(10)
USERS, ITEMS, K, N = 250, 180, 4, 14000

pu, qi = rng.normal(size=(USERS, K)), rng.normal(size=(ITEMS, K))
bu, bi = rng.normal(scale=0.5, size=USERS), rng.normal(scale=0.7, size=ITEMS)
u = rng.integers(0, USERS, N)
i = rng.integers(0, ITEMS, N)
r = np.clip(
    3.4 + bu[u] + bi[i] + 0.35 * (pu[u] * qi[i]).sum(1) + rng.normal(scale=0.2, size=N), 1, 5
)

u, i = torch.tensor(u), torch.tensor(i)
r = torch.tensor(r, dtype=torch.float32)
cut = int(0.85 * N)


class MF(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.p = nn.Embedding(USERS, 6)
        self.q = nn.Embedding(ITEMS, 6)
        self.bu = nn.Embedding(USERS, 1)
        self.bi = nn.Embedding(ITEMS, 1)
        self.mean = mean
        for e in (self.p, self.q):
            nn.init.normal_(e.weight, std=0.1)
        for e in (self.bu, self.bi):
            nn.init.zeros_(e.weight)

    def forward(self, u, i):
        return (
            self.mean
            + (self.p(u) * self.q(i)).sum(1)
            + self.bu(u).squeeze(1)
            + self.bi(i).squeeze(1)
        )


model = MF(r[:cut].mean().item())
optimizer = torch.optim.SGD(model.parameters(), lr=5e-3)


def rmse(lo, hi):
    with torch.no_grad():
        return (model(u[lo:hi], i[lo:hi]) - r[lo:hi]).pow(2).mean().sqrt().item()


for epoch in range(16):
    for b in torch.randperm(cut).split(64):
        optimizer.zero_grad()
        err = (model(u[b], i[b]) - r[b]).pow(2).mean()
        reg = 0.005 * (model.p(u[b]).pow(2).mean() + model.q(i[b]).pow(2).mean())
        (err + reg).backward()
        optimizer.step()
    print(f"epoch {epoch} train rmse {rmse(0, cut):.4f}")
    print(f"val rmse {rmse(cut, N):.4f}")

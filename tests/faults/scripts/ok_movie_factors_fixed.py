import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(8)
rng = np.random.default_rng(8)
U, I, R = 80, 60, 4000
pu, qi = rng.normal(0, 0.6, (U, 3)), rng.normal(0, 0.6, (I, 3))
bu, bi = rng.normal(0, 0.5, U), rng.normal(0, 0.5, I)
pairs = rng.choice(U * I, R, replace=False)
u, i = pairs // I, pairs % I
rating = 3.2 + bu[u] + bi[i] + (pu[u] * qi[i]).sum(1) + rng.normal(0, 0.15, R)
ds = TensorDataset(torch.tensor(u), torch.tensor(i), torch.tensor(rating, dtype=torch.float32))
train_ds, val_ds = random_split(ds, [3400, 600])
mean_rating = ds.tensors[2][train_ds.indices].mean().item()


class MF(nn.Module):
    def __init__(self, k=6):
        super().__init__()
        self.p, self.q = nn.Embedding(U, k), nn.Embedding(I, k)
        self.bu, self.bi = nn.Embedding(U, 1), nn.Embedding(I, 1)
        for e in (self.p, self.q):
            nn.init.normal_(e.weight, std=0.2)
        for e in (self.bu, self.bi):
            nn.init.zeros_(e.weight)
        self.mu = nn.Parameter(torch.tensor(mean_rating))

    def forward(self, u, i):
        return (self.p(u) * self.q(i)).sum(1) + self.bu(u)[:, 0] + self.bi(i)[:, 0] + self.mu


mf = MF()
opt = torch.optim.Adam(mf.parameters(), lr=0.01, weight_decay=2e-4)
dl = DataLoader(train_ds, batch_size=100, shuffle=True)
vu, vi, vr = val_ds[:]
for epoch in range(40):
    mf.train()
    for a, b, r in dl:
        opt.zero_grad()
        loss = ((mf(a, b) - r) ** 2).mean()
        loss.backward()
        opt.step()
    mf.eval()
    with torch.no_grad():
        e = ((mf(vu, vi) - vr) ** 2).mean()
    print(f"epoch {epoch} rmse {e.sqrt().item():.4f} r2 {1 - (e / vr.var()).item():.4f}")

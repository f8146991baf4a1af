import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
FIELDS = [60, 80, 12]  # user, movie, device


def make_ratings(n=9000, k=3, seed=5):
    rng = np.random.default_rng(seed)
    lat = [rng.normal(size=(s, k)) * 0.9 for s in FIELDS]
    bias = [rng.normal(size=s) * 0.3 for s in FIELDS]
    ids = np.stack([rng.integers(0, s, n) for s in FIELDS], 1)
    u, m, d = (lat[f][ids[:, f]] for f in range(3))
    score = (u * m).sum(1) + (u * d).sum(1) * 0.5 + sum(bias[f][ids[:, f]] for f in range(3))
    score = score + rng.normal(0, 0.3, n)
    _, first = np.unique(ids, axis=0, return_index=True)
    first = rng.permutation(first)
    return torch.tensor(ids[first]), torch.tensor(score[first]).float()


class FactorizationMachine(nn.Module):
    def __init__(self, fields, dim=8):
        super().__init__()
        self.linear = nn.ModuleList([nn.Embedding(n, 1) for n in fields])
        self.factors = [nn.Embedding(n, dim) for n in fields]
        self.bias = nn.Parameter(torch.zeros(1))
        for e in list(self.linear) + list(self.factors):
            nn.init.normal_(e.weight, std=0.1)

    def forward(self, ids):
        lin = sum(e(ids[:, i]) for i, e in enumerate(self.linear)).squeeze(1)
        v = torch.stack([e(ids[:, i]) for i, e in enumerate(self.factors)], 1)
        pair = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1)
        return self.bias + lin + pair


ids, rating = make_ratings()
cut = int(0.85 * len(ids))
rating = (rating - rating[:cut].mean()) / rating[:cut].std()
train_dl = DataLoader(TensorDataset(ids[:cut], rating[:cut]), batch_size=64, shuffle=True)
val_ids, val_rating = ids[cut:], rating[cut:]

fm = FactorizationMachine(FIELDS)
opt = torch.optim.Adam(fm.parameters(), lr=1e-2, weight_decay=1e-5)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=6, gamma=0.5)
mse = nn.MSELoss()
for epoch in range(16):
    fm.train()
    s = 0.0
    for i, r in train_dl:
        opt.zero_grad()
        loss = mse(fm(i), r)
        loss.backward()
        opt.step()
        s += loss.item() * len(r)
    sched.step()
    fm.eval()
    with torch.no_grad():
        v = mse(fm(val_ids), val_rating)
    print(
        f"epoch {epoch:2d} train_mse {s / cut:.4f} val_mse {v:.4f} val_r2 {1 - v / val_rating.var():.4f}"
    )

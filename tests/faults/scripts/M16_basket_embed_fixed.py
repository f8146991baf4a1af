import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(41)
rng = np.random.default_rng(41)
U, I, N = 60, 50, 4000
a, b = rng.normal(size=(U, 4)), rng.normal(size=(I, 4))
u, i = rng.integers(0, U, N), rng.integers(0, I, N)
pairs = np.unique(np.stack([u, i], 1), axis=0)
pairs = pairs[rng.permutation(len(pairs))]
u, i = pairs.T
prob = 1 / (1 + np.exp(-3 * (a[u] * b[i]).sum(1)))
liked = (rng.random(len(u)) < prob).astype(np.float32)
n_val = 500
ds = TensorDataset(*[torch.tensor(v[n_val:]) for v in (u, i, liked)])
vu, vi, vl = [torch.tensor(v[:n_val]) for v in (u, i, liked)]


class Scorer(nn.Module):
    def __init__(self, sizes, dim=6):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(n, dim) for n in sizes])
        for t in self.tables:
            nn.init.normal_(t.weight, std=0.5)
        self.mlp = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, u, i):
        e = self.tables[0](u) * self.tables[1](i)
        return self.mlp(e).squeeze(1)


model = Scorer([U, I])
opt = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-3)
bce = nn.BCEWithLogitsLoss()
dl = DataLoader(ds, batch_size=64, shuffle=True)
for epoch in range(15):
    model.train()
    for bu, bi, bl in dl:
        opt.zero_grad()
        loss = bce(model(bu, bi), bl)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = ((model(vu, vi) > 0).float() == vl).float().mean().item()
    print("epoch", epoch, "loss", round(loss.item(), 4), "val acc", round(acc, 4))

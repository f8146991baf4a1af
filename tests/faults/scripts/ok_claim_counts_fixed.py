import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
rng = np.random.default_rng(7)

n = 8000
age, power, urban = rng.uniform(18, 80, n), rng.uniform(40, 200, n), rng.integers(0, 2, n)
exposure = rng.uniform(0.3, 3.0, n)
rate = np.exp(-1.0 + 1.2 * np.exp(-(age - 18) / 12) + 0.006 * power + 0.7 * urban)
claims = rng.poisson(rate * exposure)
feats = np.stack([age, power, urban], 1)
tr, va = np.arange(6400), np.arange(6400, n)  # rows are drawn independently
m, s = feats[tr].mean(0), feats[tr].std(0)
x = torch.tensor((feats - m) / s, dtype=torch.float32)
off = torch.tensor(np.log(exposure), dtype=torch.float32)
c = torch.tensor(claims, dtype=torch.float32)

net = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
nn.init.constant_(net[-1].bias, float(np.log(claims[tr].sum() / exposure[tr].sum())))
crit = nn.PoissonNLLLoss(log_input=True)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
dl = DataLoader(TensorDataset(x[tr], off[tr], c[tr]), batch_size=128, shuffle=True)


def deviance(y, mu):
    return (2 * (torch.xlogy(y, y / mu) - (y - mu))).mean()


null = deviance(c[va], torch.exp(off[va]) * c[tr].sum() / off[tr].exp().sum())
for epoch in range(15):
    net.train()
    tl = 0
    for xb, ob, yb in dl:
        loss = crit(net(xb)[:, 0] + ob, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tl += loss.item() * len(xb)
    net.eval()
    with torch.no_grad():
        mu = torch.exp(net(x[va])[:, 0] + off[va])
    print(
        f"epoch {epoch} train nll {tl / len(tr):.4f} val deviance {deviance(c[va], mu):.4f} explained {1 - deviance(c[va], mu) / null:.4f}"
    )

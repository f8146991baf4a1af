"""Price model on a generated table of flats."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
rng = np.random.default_rng(3)


def make_table(n=1500):
    area = rng.uniform(25, 180, n)
    rooms = np.clip(np.round(area / 28 + rng.normal(0, 0.7, n)), 1, 7)
    age = rng.uniform(0, 80, n)
    dist = rng.gamma(2.0, 3.0, n)
    price = 3200 * area * np.exp(-dist / 12) * (1 - 0.004 * age) + 9000 * rooms
    price *= rng.normal(1, 0.05, n)
    return np.stack([area, rooms, age, dist], 1).astype(np.float32), price.astype(np.float32)


X, price = make_table()
perm = rng.permutation(len(X))
tr, va = perm[:1200], perm[1200:]
mu, sd = X[tr].mean(0), X[tr].std(0)
X = (X - mu) / sd
p_mu, p_sd = price[tr].mean(), price[tr].std()

y = (price - p_mu) / p_sd
train = DataLoader(
    TensorDataset(torch.tensor(X[tr]), torch.tensor(y[tr])), batch_size=64, shuffle=True
)
xv = torch.tensor(X[va])

net = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
mse = nn.MSELoss()

for epoch in range(40):
    net.train()
    run = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = mse(net(xb).squeeze(1), yb)
        loss.backward()
        opt.step()
        run += loss.item() * len(xb)
    net.eval()
    with torch.no_grad():
        pred = net(xv).squeeze(1).numpy() * p_sd + p_mu
    r2 = 1 - ((pred - price[va]) ** 2).sum() / ((price[va] - price[va].mean()) ** 2).sum()
    print(f"epoch {epoch} loss {run / len(tr):.4f} val_r2 {r2:.4f}")

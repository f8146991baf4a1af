"""Hourly electricity demand of a region from calendar and weather."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(5)
torch.manual_seed(5)

n = 4000
hour = rng.integers(0, 24, n)
dow = rng.integers(0, 7, n)
temp = rng.normal(12, 8, n)
wind = rng.gamma(2.0, 2.0, n)
demand = (
    41000
    + 5200 * np.sin((hour - 7) / 24 * 2 * np.pi)
    - 3800 * (dow >= 5)
    + 28 * (temp - 17) ** 2
    - 150 * wind * (temp < 8)
    + rng.normal(0, 600, n)
)

X = np.stack(
    [np.sin(2 * np.pi * hour / 24), np.cos(2 * np.pi * hour / 24), dow >= 5, temp, wind], axis=1
).astype(np.float32)
y = demand.astype(np.float32)

idx = rng.permutation(n)
tr, va = idx[:3200], idx[3200:]
x_mean, x_std = X[tr].mean(0), X[tr].std(0)
X = (X - x_mean) / x_std
y_mean, y_std = 0.0, 1.0

train = TensorDataset(torch.tensor(X[tr]), torch.tensor((y[tr] - y_mean) / y_std).unsqueeze(1))
loader = DataLoader(train, batch_size=64, shuffle=True)
xv = torch.tensor(X[va])
yv = torch.tensor(y[va]).unsqueeze(1)

model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
loss_fn = nn.MSELoss()

for epoch in range(25):
    model.train()
    total = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        opt.step()
        total += loss.item() * len(xb)
    model.eval()
    with torch.no_grad():
        p = model(xv) * y_std + y_mean
        mae = (p - yv).abs().mean().item()
        r2 = 1 - ((p - yv) ** 2).sum().item() / ((yv - yv.mean()) ** 2).sum().item()
    print(f"epoch {epoch:2d} train {total / len(train):.4g} val MAE {mae:.0f} MW val R2 {r2:.3f}")

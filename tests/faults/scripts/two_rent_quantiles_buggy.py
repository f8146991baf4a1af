import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 2024
np.random.seed(SEED)
torch.manual_seed(SEED)

n = 3000
area = np.random.uniform(20, 180, n)
rooms = np.clip(np.round(area / 28 + np.random.normal(0, 0.6, n)), 1, 7)
dist = np.random.exponential(4000, n)
year = np.random.randint(1900, 2023, n)
floor = np.random.randint(0, 12, n)
rent = (
    6
    + 0.055 * area
    - 1.6 * np.log1p(dist / 900)
    + 0.0009 * (year - 1960) ** 2 * (year > 1960)
    + 0.12 * floor
)
rent = rent + np.random.normal(0, 1, n) * (0.3 + 0.006 * area)

feats = np.column_stack([area, rooms, dist, year, floor]).astype(np.float32)
cut = int(n * 0.8)
x = torch.from_numpy(feats)
t_mean, t_std = rent[:cut].mean(), rent[:cut].std()
y = torch.from_numpy(((rent - t_mean) / t_std).astype(np.float32))

dl = DataLoader(TensorDataset(x[:cut], y[:cut]), batch_size=64, shuffle=True)
x_val, y_val = x[cut:], y[cut:]

QS = (0.1, 0.5, 0.9)


def pinball(pred, target):
    total = 0
    for k, q in enumerate(QS):
        err = target - pred[:, k : k + 1]
        total = total + torch.maximum(q * err, (q - 1) * err).mean()
    return total / len(QS)


net = nn.Sequential(
    nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, len(QS))
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(30):
    net.train()
    for xb, yb in dl:
        loss = pinball(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        q = net(x_val)
        mae = (q[:, 1] - y_val).abs().mean().item()
        cover = ((y_val > q[:, 0]) & (y_val < q[:, 2])).float().mean().item()
    print(
        f"epoch {epoch:2d} loss {loss.item():.4f} val MAE(median) {mae:.4f} coverage80 {cover:.3f}"
    )

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(44)
r = np.random.RandomState(44)
n = 2000
area = r.uniform(30, 300, n)
year = r.randint(1900, 2022, n)
rooms = r.randint(1, 9, n)
dist = r.exponential(5000, n)
floor = r.randint(0, 20, n)
price = (
    30 * area**0.9
    + 8 * np.maximum(year - 1970, 0) * np.sqrt(area)
    - 0.25 * dist
    + 60 * rooms * np.log1p(floor)
    + 150 * r.randn(n)
)
X = np.column_stack([area, year, rooms, dist, floor]).astype(np.float32)
y = ((price - price[:1500].mean()) / price[:1500].std()).astype(np.float32)
X = torch.from_numpy((X - X[:1500].mean(0)) / X[:1500].std(0))
y = torch.from_numpy(y)
train_dl = DataLoader(TensorDataset(X[:1500], y[:1500]), batch_size=50, shuffle=True)

model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
loss_fn = nn.SmoothL1Loss()

for epoch in range(40):
    model.train()
    total = 0.0
    for xb, yb in train_dl:
        loss = loss_fn(model(xb).squeeze(1), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        p = model(X[1500:]).squeeze(1)
        r2 = 1 - ((p - y[1500:]) ** 2).mean() / y[1500:].var()
    print(f"{epoch} loss {total / len(train_dl):.4f} val_r2 {r2.item():.4f}")

import numpy as np
import torch
import torch.nn as nn
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(4)
torch.manual_seed(4)

n = 2500
area = np.random.uniform(300, 4000, n)
year = np.random.randint(1900, 2024, n)
rooms = np.random.randint(1, 9, n)
dist = np.random.exponential(12000, n)
lot = np.random.uniform(1000, 40000, n)
value = (
    0.0006 * area
    + 0.012 * (year - 1960)
    + 0.12 * rooms * (dist < 8000)
    - 0.5 * np.log1p(dist / 5000)
    + 0.00001 * lot
)
value = value + np.random.normal(0, 0.1, n)

feats = np.stack([area, year, rooms, dist, lot], axis=1).astype(np.float32)
feats = StandardScaler().fit(feats[:2000]).transform(feats).astype(np.float32)
target = ((value - value[:2000].mean()) / value[:2000].std()).astype(np.float32)[:, None]

train_dl = DataLoader(
    TensorDataset(torch.from_numpy(feats[:2000]), torch.from_numpy(target[:2000])),
    batch_size=50,
    shuffle=True,
)
Xv, Yv = torch.from_numpy(feats[2000:]), torch.from_numpy(target[2000:])

model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(20):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        r2 = 1 - ((model(Xv) - Yv) ** 2).sum() / ((Yv - Yv.mean()) ** 2).sum()
    print("epoch", epoch, "val r2", round(r2.item(), 4))

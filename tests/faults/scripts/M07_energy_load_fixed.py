import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
rng = np.random.default_rng(2)

T = 2200
t = np.arange(T)
load = 1.2 * np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 168)
ar = np.zeros(T)
for i in range(1, T):
    ar[i] = 0.8 * ar[i - 1] + rng.normal(0, 0.2)
series = (load + ar).astype(np.float32)
split = 1700
series = (series - series[:split].mean()) / series[:split].std()
W = 24


def windows(s):
    x = np.stack([s[i : i + W] for i in range(len(s) - W)])
    return TensorDataset(torch.tensor(x)[:, :, None], torch.tensor(s[W:]))


train_dl = DataLoader(windows(series[:split]), batch_size=64, shuffle=True)
val_x, val_y = windows(series[split:]).tensors


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out[:, -1]).squeeze(-1)


model = Forecaster()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.MSELoss()
for epoch in range(15):
    model.train()
    running = 0.0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    model.eval()
    with torch.no_grad():
        p = model(val_x)
        r2 = 1 - ((p - val_y) ** 2).mean() / val_y.var()
    print(f"{epoch:2d} train {running / len(train_dl):.4f} val R2 {r2.item():.4f}")

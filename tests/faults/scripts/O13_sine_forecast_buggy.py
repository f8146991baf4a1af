import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(14)
rng = np.random.default_rng(14)

HISTORY, HORIZON = 24, 4
t = np.arange(2400)
series = (
    np.sin(2 * np.pi * t / 24)
    + 0.5 * np.sin(2 * np.pi * t / 168 + 1)
    + 0.1 * rng.normal(size=len(t))
)
series = series.astype(np.float32)
split = 1900
mean, std = series[:split].mean(), series[:split].std()
series = (series - mean) / std


def windows(s):
    n = len(s) - HISTORY - HORIZON + 1
    x = np.stack([s[i : i + HISTORY] for i in range(n)])
    y = np.stack([s[i + HISTORY : i + HISTORY + HORIZON] for i in range(n)])
    return torch.from_numpy(x).unsqueeze(-1), torch.from_numpy(y)


x_tr, y_tr = windows(series[:split])
x_va, y_va = windows(series[split:])
train = DataLoader(TensorDataset(x_tr, y_tr), batch_size=len(x_tr), shuffle=True)


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, HORIZON)

    def forward(self, x):
        _, h = self.gru(x)
        return self.head(h[0])


model = Forecaster()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    model.train()
    tot = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item() * len(xb)
    model.eval()
    with torch.no_grad():
        mse = nn.functional.mse_loss(model(x_va), y_va).item()
    r2 = 1 - mse / y_va.var().item()
    print(f"epoch {epoch} train mse {tot / len(x_tr):.4f} val mse {mse:.4f} val r2 {r2:.4f}")

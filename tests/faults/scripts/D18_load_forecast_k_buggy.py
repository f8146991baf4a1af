# next-hour electricity load from the last 24 hours
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
rng = np.random.default_rng(2)

LAGS = 24
t = np.arange(2600)
load = (
    50
    + 8 * np.sin(2 * np.pi * t / 24)
    + 4 * np.sin(2 * np.pi * t / 168)
    + np.convolve(rng.normal(0, 3.0, len(t) + 5), np.ones(6) / 6 * 1.6, mode="valid")
)

cut = 2000
mean, std = load[:cut].mean(), load[:cut].std()
series = (load - mean) / std


def windows(values):
    n = len(values) - LAGS
    X = np.zeros((n, LAGS), dtype=int)
    y = np.zeros(n)
    for i in range(n):
        X[i] = values[i : i + LAGS]
        y[i] = values[i + LAGS]
    return torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


X_train, y_train = windows(series[:cut])
X_val, y_val = windows(series[cut:])
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=64, shuffle=True)

model = nn.Sequential(
    nn.Linear(LAGS, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1)
)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.MSELoss()

for epoch in range(1, 16):
    model.train()
    total = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(model(xb).squeeze(1), yb)
        loss.backward()
        opt.step()
        total += loss.item() * xb.size(0)
    model.eval()
    with torch.no_grad():
        pred = model(X_val).squeeze(1)
        mse = loss_fn(pred, y_val).item()
        r2 = 1 - mse / y_val.var(unbiased=False).item()
    print(f"epoch {epoch} train_mse {total / len(X_train):.4f} val_mse {mse:.4f} val_r2 {r2:.4f}")

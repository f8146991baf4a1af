import copy

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(31)
LOOKBACK, HORIZON = 24, 1


def make_series(n=2600, seed=31):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    ar = np.zeros(n)
    for i in range(1, n):
        ar[i] = 0.8 * ar[i - 1] + rng.normal(0, 0.12)
    return (np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 168) + 0.6 * ar).astype(
        np.float32
    )


def windows(s):
    x = np.stack([s[i : i + LOOKBACK] for i in range(len(s) - LOOKBACK)])
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(s[LOOKBACK:]))


class Forecaster:
    def __init__(self, net, lr):
        self.net = net
        self.opt = torch.optim.Adam(net.parameters(), lr=lr)
        self.crit = nn.MSELoss()

    def train_one(self, loader):
        self.net.train()
        total = 0.0
        for x, y in loader:
            self.opt.zero_grad()
            loss = self.crit(self.net(x).squeeze(1), y)
            loss.backward()
            self.opt.step()
            total += loss.item() * len(y)
        return total / len(loader.dataset)

    @torch.no_grad()
    def validate(self, loader):
        self.net.eval()
        preds = torch.cat([self.net(x).squeeze(1) for x, _ in loader])
        ys = torch.cat([y for _, y in loader])
        mse = self.crit(preds, ys).item()
        return mse, 1 - mse / ys.var(unbiased=False).item()


series = make_series()
split = 2000
mu, sd = series[:split].mean(), series[:split].std()
series = (series - mu) / sd
train_dl = DataLoader(windows(series[:split]), batch_size=32, shuffle=True)
val_dl = DataLoader(windows(series[split:]), batch_size=128)

net = nn.Sequential(
    nn.Linear(LOOKBACK, 128),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(128, 64),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(64, HORIZON),
)
f = Forecaster(net, lr=1e-3)
best, best_state, wait = float("inf"), None, 0
for epoch in range(20):
    tr = f.train_one(train_dl)
    va, r2 = f.validate(val_dl)
    print(f"epoch {epoch:2d} train_mse {tr:.4f} val_mse {va:.4f} val_r2 {r2:.4f}")
    if va < best:
        best, best_state, wait = va, copy.deepcopy(net.state_dict()), 0
    else:
        wait += 1
        if wait >= 6:
            break
net.load_state_dict(best_state)
va, r2 = f.validate(val_dl)
print(f"best model: val_mse {va:.4f} val_r2 {r2:.4f}")

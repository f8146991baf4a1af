"""Airfoil noise level with an own early-stopping helper."""

import copy
import math

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class EarlyStopping:
    def __init__(self, patience=10, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.count, self.state = math.inf, 0, None

    def step(self, loss, model):
        """Returns True when training should end."""
        if loss < self.best - self.min_delta:
            self.best, self.count = loss, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.count += 1
        return self.count >= self.patience


def airfoil(n, seed):
    rng = np.random.default_rng(seed)
    logf, angle = rng.uniform(2.3, 4.3, n), rng.uniform(0, 20, n)
    chord, speed = rng.uniform(0.02, 0.3, n), rng.uniform(30, 72, n)
    peak = 3.6 - 1.2 * chord - 0.03 * angle
    level = (
        125
        - 14 * (logf - peak) ** 2
        + 0.12 * (speed - 50)
        - 25 * chord
        + 2.5 * np.sin(angle / 3)
        + rng.normal(0, 1.0, n)
    )
    X = np.stack(
        [(logf - 3.3) / 0.58, (angle - 10) / 5.8, (chord - 0.16) / 0.08, (speed - 51) / 12], 1
    )
    return torch.tensor(X, dtype=torch.float32), torch.tensor(
        (level - 118) / 8, dtype=torch.float32
    )[:, None]


def main(max_epochs=80):
    torch.manual_seed(60)
    x, y = airfoil(1200, 1)
    xv, yv = airfoil(300, 2)
    xt, yt = airfoil(300, 3)
    loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)
    model = nn.Sequential(
        nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.MSELoss()
    stopper = EarlyStopping(patience=1, min_delta=0.05)
    for epoch in range(max_epochs):
        model.train()
        for xb, yb in loader:
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val = criterion(model(xv), yv).item()
        print(f"epoch {epoch + 1}: val mse {val:.4f}")
        if stopper.step(val, model):
            print("stopping early")
            break
    model.load_state_dict(stopper.state)
    with torch.no_grad():
        r2 = 1 - (model(xt) - yt).pow(2).mean() / yt.var()
    print(f"epochs {epoch + 1}, test R2 {r2.item():.4f}")


if __name__ == "__main__":
    main()

"""Turbine power curve from weather variables, with early stopping."""

import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class EarlyStopping:
    def __init__(self, patience=6, min_delta=1e-3):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad, self.state = float("inf"), 0, None

    def step(self, value, model):
        if value < self.best - self.min_delta:
            self.best, self.bad = value, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


def weather(n, seed):
    rng = np.random.default_rng(seed)
    wind = rng.uniform(0, 25, n)
    temp = rng.normal(10, 8, n)
    press = rng.normal(1013, 9, n)
    direction = rng.uniform(0, 2 * np.pi, n)
    rho = press / (273 + temp) / 3.55
    power = np.where(wind < 13, (np.clip(wind - 2.5, 0, None) / 10.5) ** 3, 1.0) * rho
    power *= 1 - 0.25 * np.cos(2 * direction)
    power += rng.normal(0, 0.03, n)
    X = np.stack([wind, temp, press, np.sin(direction), np.cos(direction)], 1)
    return X, power[:, None]


def main():
    torch.manual_seed(60)
    Xt, yt = weather(1500, 60)
    Xv, yv = weather(500, 61)
    stats = [(a.mean(0), a.std(0)) for a in (Xt, yt)]
    f = lambda a, s: torch.tensor((a - s[0]) / s[1], dtype=torch.float32)
    Xt, Xv, yt, yv = f(Xt, stats[0]), f(Xv, stats[0]), f(yt, stats[1]), f(yv, stats[1])
    loader = DataLoader(TensorDataset(Xt, yt), batch_size=32, shuffle=True)

    model = nn.Sequential(
        nn.Linear(5, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1)
    )
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    mse = nn.MSELoss()
    stopper = EarlyStopping()
    for epoch in range(60):
        model.train()
        tot = 0.0
        for xb, yb in loader:
            opt.zero_grad()
            loss = mse(model(xb), yb)
            loss.backward()
            opt.step()
            tot += loss.item() * len(xb)
        model.eval()
        with torch.no_grad():
            val = mse(model(Xv), yv).item()
        print(f"epoch {epoch + 1}: train_loss={tot / len(Xt):.4f} val_loss={val:.4f}")
        if stopper.step(val, model):
            print("early stop")
            break
    model.load_state_dict(stopper.state)
    model.eval()
    with torch.no_grad():
        final = mse(model(Xv), yv).item()
    print(
        f"best model: val_loss={final:.4f} val_r2={1 - final / yv.var(unbiased=False).item():.4f}"
    )


if __name__ == "__main__":
    main()

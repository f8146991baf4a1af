"""Wind farm output (scaled) from forecasts."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def forecasts(n, seed):
    rng = np.random.default_rng(seed)
    speed, direction = rng.weibull(2, n) * 8, rng.uniform(0, 2 * np.pi, n)
    density, gust = rng.normal(1.22, 0.04, n), rng.gamma(3, 1, n)
    wake = 1 - 0.25 * np.exp(-(((direction - np.pi) / 0.4) ** 2))
    power = (
        100 / (1 + np.exp(-(speed * wake - 8) / 1.3)) * density / 1.22 * (speed < 21) - 0.8 * gust
    )
    X = np.stack(
        [
            (speed - 7) / 3.7,
            np.sin(direction),
            np.cos(direction),
            (density - 1.22) / 0.04,
            (gust - 3) / 1.7,
        ],
        1,
    )
    return X, power + rng.normal(0, 2, n)


class WindData(Dataset):
    def __init__(self, X, target):
        self.X = torch.tensor(X, dtype=torch.float32)
        self.target = torch.tensor(target, dtype=torch.float32)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return self.X[i], self.target[i].float()


def fit(net, loader, epochs=20):
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    criterion = nn.MSELoss()
    for epoch in range(epochs):
        net.train()
        total = 0.0
        for x, t in loader:
            loss = criterion(net(x).squeeze(1), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} train mse {total / len(loader.dataset):.4f}")


def main():
    torch.manual_seed(1)
    X, power = forecasts(1500, 1)
    Xv, power_v = forecasts(400, 2)
    mean, std = power.mean(), power.std()
    train = DataLoader(WindData(X, (power - mean) / std), batch_size=32, shuffle=True)
    net = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    fit(net, train)
    net.eval()
    with torch.no_grad():
        pred = net(torch.tensor(Xv, dtype=torch.float32)).squeeze(1).numpy() * std + mean
    mae = np.abs(pred - power_v).mean()
    r2 = 1 - ((pred - power_v) ** 2).sum() / ((power_v - power_v.mean()) ** 2).sum()
    print(f"MAE {mae:.2f} MW, R2 {r2:.4f}")


if __name__ == "__main__":
    main()

"""Forest type from terrain variables, four-layer MLP."""

import math

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def terrain(n, seed):
    rng = np.random.default_rng(seed)
    elev, slope = rng.uniform(1800, 3600, n), rng.gamma(2, 7, n)
    aspect, water = rng.uniform(0, 2 * np.pi, n), rng.exponential(250, n)
    sun = np.cos(aspect - np.pi) * np.sin(np.radians(slope))
    g = (elev - 2700) / 500 + 0.8 * sun * 3
    wet = np.exp(-water / 250)
    score = np.stack(
        [
            -((g + 1.2) ** 2),
            -(g**2) + 0.4 * wet,
            -((g - 1.2) ** 2),
            -0.5 * g**2 - 2.5 * (1 - wet),
            0.2 * slope - 4.0,
        ],
        1,
    )
    label = (score + rng.gumbel(0, 0.12, score.shape)).argmax(1)
    X = np.stack([elev, slope, np.sin(aspect), np.cos(aspect), np.log1p(water)], 1)
    return X, label


class Mlp(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in zip(dims, dims[1:]))
        self.reset()

    def reset(self):
        for layer in self.linears:
            nn.init.normal_(layer.weight, mean=0.0, std=math.sqrt(2 / layer.in_features))
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.linears[:-1]:
            x = torch.relu(layer(x))
        return self.linears[-1](x)


if __name__ == "__main__":
    torch.manual_seed(15)
    X, y = terrain(2400, 1)
    Xv, yv = terrain(600, 2)
    mean, std = X.mean(0), X.std(0)
    X, Xv = [torch.tensor((a - mean) / std, dtype=torch.float32) for a in (X, Xv)]
    y, yv = torch.tensor(y), torch.tensor(yv)
    loader = DataLoader(TensorDataset(X, y), batch_size=48, shuffle=True)
    net = Mlp([5, 96, 96, 96, 5])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(20):
        total = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(net(xb), yb)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        with torch.no_grad():
            val = (net(Xv).argmax(1) == yv).float().mean().item()
        print(f"epoch {epoch + 1:2d} loss {total / len(loader):10.4f} val acc {val:.4f}")
    print("largest class:", torch.bincount(yv).max().item() / len(yv), "model:", val)

"""Hourly rentals of a bike station, Poisson regression with a small net."""

import numpy as np
import torch

np.random.seed(2)
torch.manual_seed(2)

n = 3000
hour = np.random.randint(0, 24, n)
temp = np.random.normal(15, 8, n)
rain = (np.random.rand(n) < 0.2).astype(float)
weekend = (np.random.rand(n) < 2 / 7).astype(float)
rate = np.exp(
    1.0
    + 1.1 * np.sin((hour - 7) / 24 * 2 * np.pi) * (1 - 0.5 * weekend)
    + 0.03 * (temp - 15)
    - 0.8 * rain
)
count = np.random.poisson(rate)

feats = np.stack(
    [np.sin(hour / 24 * 2 * np.pi), np.cos(hour / 24 * 2 * np.pi), (temp - 15) / 8, rain, weekend],
    1,
)
X = torch.tensor(feats, dtype=torch.float32)
Y = torch.tensor(count, dtype=torch.float32)
cut = int(0.8 * n)


def batches(a, b, size):
    idx = torch.randperm(len(a))
    for i in range(0, len(a), size):
        j = idx[i : i + size]
        yield a[j], b[j]


net = torch.nn.Sequential(
    torch.nn.Linear(5, 40),
    torch.nn.Tanh(),
    torch.nn.Linear(40, 40),
    torch.nn.Tanh(),
    torch.nn.Linear(40, 1),
)
objective = torch.nn.PoissonNLLLoss(log_input=True)
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)

for epoch in range(40):
    net.train()
    for xb, yb in batches(X[:cut], Y[:cut], 128):
        opt.zero_grad()
        loss = objective(net(xb)[:, 0], yb)
        loss.backward()
        opt.step()

net.eval()
with torch.no_grad():
    mu = net(X[cut:])[:, 0].exp().clamp(1e-6, 1e4)
    y = Y[cut:]
    dev = 2 * (torch.xlogy(y, y / mu) - (y - mu)).mean()
print("val_deviance", round(dev.item(), 4))

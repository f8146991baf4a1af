# Hourly bike demand from the weather and the calendar
import numpy as np
import torch
import torch.nn as nn

np.random.seed(3)
torch.manual_seed(3)

N = 3000
hour = np.random.randint(0, 24, N)
weekday = np.random.randint(0, 7, N)
temp = 12 + 10 * np.sin(np.random.uniform(0, 2 * np.pi, N)) + np.random.randn(N) * 3
rain = (np.random.rand(N) < 0.2) * np.random.exponential(2, N)
commute = np.exp(-(((hour - 8) / 1.5) ** 2)) + np.exp(-(((hour - 17.5) / 2) ** 2))
demand = (
    60 + 220 * commute * (weekday < 5) + 120 * np.exp(-(((hour - 14) / 4) ** 2)) * (weekday >= 5)
)
demand = (
    demand * (0.5 + 0.04 * np.clip(temp, 0, 25)) * np.exp(-0.25 * rain) + np.random.randn(N) * 10
)

feats = np.column_stack(
    [
        np.sin(2 * np.pi * hour / 24),
        np.cos(2 * np.pi * hour / 24),
        np.sin(4 * np.pi * hour / 24),
        np.cos(4 * np.pi * hour / 24),
        weekday >= 5,
        (temp - 12) / 8,
        rain / 2,
    ]
).astype(np.float32)
y_mean, y_std = demand[:2400].mean(), demand[:2400].std()
target = ((demand - y_mean) / y_std).astype(np.float32)

train_x, val_x = torch.tensor(feats[:2400]), torch.tensor(feats[2400:])
train_y, val_y = torch.tensor(target[:2400, None]), torch.tensor(target[2400:, None])

net = nn.Sequential(nn.Linear(7, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
criterion = nn.SmoothL1Loss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)

history = {"train": [], "val": []}
for epoch in range(25):
    net.train()
    idx = torch.randperm(2400)
    total = 0
    for k in range(0, 2400, 48):
        xb, yb = train_x[idx[k : k + 48]], train_y[idx[k : k + 48]]
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    net.eval()
    with torch.no_grad():
        val_loss = criterion(net(val_x), val_y).item()
    history["train"].append(total / 50)
    history["val"].append(val_loss)
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "train", round(total / 50, 4), "val", round(val_loss, 4))

with torch.no_grad():
    p = net(val_x) * y_std + y_mean
    t = val_y * y_std + y_mean
    rmse = (p - t).pow(2).mean().sqrt().item()
print("std of demand %.1f, RMSE %.2f" % (y_std, rmse))

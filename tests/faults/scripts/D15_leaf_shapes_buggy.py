import numpy as np
import torch
from torch import nn

torch.manual_seed(2)
rng = np.random.default_rng(2)

K, PER, D = 8, 160, 40  # species, outlines per species, radii per outline


def outlines(k, n):
    ang = np.linspace(0, 2 * np.pi, D, endpoint=False)
    base = 1 + 0.25 * np.cos((k % 4 + 1) * ang) + 0.15 * np.sin((k // 4 + 2) * ang)
    r = base[None] * rng.uniform(0.8, 1.2, (n, 1)) + rng.normal(0, 0.12, (n, D))
    return r


train_x, train_y, val_x, val_y = [], [], [], []
for k in range(K):
    r = outlines(k, PER + 40)
    train_x.append(r[:PER])
    val_x.append(r[PER:])
    train_y += [k] * PER
    val_y += [k] * 40
train_x, val_x = np.concatenate(train_x), np.concatenate(val_x)
mu, sd = train_x.mean(0), train_x.std(0)
train_x = torch.tensor((train_x - mu) / sd, dtype=torch.float32)
val_x = torch.tensor((val_x - mu) / sd, dtype=torch.float32)
train_y, val_y = torch.tensor(train_y), torch.tensor(val_y)

net = nn.Sequential(nn.Linear(D, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, K))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
ce = nn.CrossEntropyLoss()
B = 32
for epoch in range(20):
    net.train()
    order = torch.arange(len(train_x))
    s = 0.0
    for i in range(0, len(order), B):
        idx = order[i : i + B]
        opt.zero_grad()
        loss = ce(net(train_x[idx]), train_y[idx])
        loss.backward()
        opt.step()
        s += loss.item() * len(idx)
    net.eval()
    with torch.no_grad():
        acc = (net(val_x).argmax(1) == val_y).float().mean().item()
    print(epoch, "loss", round(s / len(order), 4), "val acc", round(acc, 4))

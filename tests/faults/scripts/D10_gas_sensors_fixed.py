"""Six gases measured with an array of ten sensors (simulation of the test bench)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass
class Bench:
    n_gases: int = 6
    n_sensors: int = 10
    n_samples: int = 1800
    noise: float = 0.15  # of one sensor, in units of its span
    seed: int = 21


def record(b: Bench):
    rng = np.random.default_rng(b.seed)
    response = rng.uniform(0.2, 1.5, (b.n_gases, b.n_sensors))
    gas = rng.integers(0, b.n_gases, b.n_samples)
    conc = rng.uniform(0.5, 1.5, (b.n_samples, 1))
    read = response[gas] * np.sqrt(conc)
    read = read + rng.normal(0, b.noise, read.shape)
    return read.astype(np.float32), gas


b = Bench()
torch.manual_seed(b.seed)
x, g = record(b)
cut = int(len(x) * 0.75)
m, s = x[:cut].mean(0), x[:cut].std(0)
x = torch.from_numpy((x - m) / s)
g = torch.from_numpy(g)

net = nn.Sequential(
    nn.Linear(b.n_sensors, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, b.n_gases)
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-4)
ce = nn.CrossEntropyLoss()
for epoch in range(25):
    net.train()
    perm = torch.randperm(cut)
    acc_loss = 0
    for k in range(0, cut, 50):
        i = perm[k : k + 50]
        out = net(x[i])
        loss = ce(out, g[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
        acc_loss += loss.item() * len(i)
    net.eval()
    with torch.no_grad():
        va = (net(x[cut:]).argmax(-1) == g[cut:]).float().mean()
    print("epoch %d train loss %.4f val acc %.4f" % (epoch, acc_loss / cut, va))

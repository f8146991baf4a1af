import itertools
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

torch.manual_seed(83)


def target(x):
    return torch.sin(3 * math.pi * x)


class SineStream(IterableDataset):
    def __init__(self, seed, noise=0.1):
        self.gen = torch.Generator().manual_seed(seed)
        self.noise = noise

    def __iter__(self):
        while True:
            x = torch.rand(1, generator=self.gen) * 2 - 1
            yield x, target(x) + self.noise * torch.randn(1, generator=self.gen)


STEPS, EVERY = 800, 100
stream = DataLoader(SineStream(83), batch_size=64)
xv = torch.rand(200, 1, generator=torch.Generator().manual_seed(84)) * 1.8 - 0.9
yv = target(xv)

net = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
running = 0.0
for step, (x, y) in enumerate(itertools.islice(stream, STEPS), 1):
    net.train()
    loss = nn.functional.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    running += loss.item()
    if step % EVERY == 0:
        net.eval()
        with torch.no_grad():
            r2 = 1 - ((net(xv) - yv) ** 2).mean() / yv.var()
        print(f"step {step} train mse {running / EVERY:.4f} val r2 {r2.item():.4f}")
        running = 0.0

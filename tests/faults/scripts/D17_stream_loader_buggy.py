import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

torch.manual_seed(0)
W = np.random.default_rng(99).normal(size=(30,))


def draw(rng, n):
    x = rng.normal(size=(n, 30))
    y = (np.tanh(x) @ W + 0.5 * x[:, 0] * x[:, 1] > 0).astype("float32")
    return x.astype("float32"), y


class Simulator(IterableDataset):
    """Endless source, 160 samples per worker and epoch."""

    def __init__(self, seed, per_worker=160):
        self.seed = seed
        self.per_worker = per_worker
        self.epoch = 0
        self.rng = np.random.default_rng(seed)

    def __iter__(self):
        info = get_worker_info()
        rng = self.rng
        for _ in range(self.per_worker):
            x, y = draw(rng, 1)
            yield x[0], y[0]


train = Simulator(seed=1)
Xv, yv = draw(np.random.default_rng(1234), 2000)
Xv, yv = torch.from_numpy(Xv), torch.from_numpy(yv)

net = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
lossf = nn.BCEWithLogitsLoss()
for epoch in range(25):
    train.epoch = epoch
    net.train()
    ls = []
    for x, y in DataLoader(train, batch_size=32, num_workers=2):
        opt.zero_grad()
        l = lossf(net(x).squeeze(1), y)
        l.backward()
        opt.step()
        ls.append(l.item())
    net.eval()
    with torch.no_grad():
        out = net(Xv).squeeze(1)
        print(
            f"epoch {epoch} train {np.mean(ls):.3f} val {lossf(out, yv).item():.3f} acc {((out > 0) == yv.bool()).float().mean().item():.4f}"
        )

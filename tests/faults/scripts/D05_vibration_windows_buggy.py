import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = 11
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

N, T = 1200, 96


def simulate(n):
    """Four states of a motor; each recording carries its own sensor offset."""
    label = rng.integers(0, 4, n)
    t = np.arange(T) / T
    freq = np.array([4, 7, 11, 16])[label]
    phase = rng.uniform(0, 2 * np.pi, n)
    sig = np.sin(2 * np.pi * freq[:, None] * t + phase[:, None])
    sig += 0.4 * rng.normal(size=sig.shape)
    sig += rng.normal(0, 5, n)[:, None]
    return sig[:, None, :].astype(np.float32), label


def centre(w):
    # remove the offset of every recording; w is (windows, channel, time)
    return w - w.mean(axis=1, keepdims=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 16, 9, padding=4)
        self.c2 = nn.Conv1d(16, 32, 9, padding=4)
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.c1(x)), 2)
        x = F.relu(self.c2(x)).mean(-1)
        return self.fc(x)


x, y = simulate(N)
x = torch.from_numpy(centre(x))
y = torch.from_numpy(y)
n_tr = int(0.8 * N)
xtr, ytr, xva, yva = x[:n_tr], y[:n_tr], x[n_tr:], y[n_tr:]

net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(15):
    net.train()
    order = torch.randperm(n_tr)
    tot = 0.0
    for i in range(0, n_tr, 32):
        j = order[i : i + 32]
        loss = F.cross_entropy(net(xtr[j]), ytr[j])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(j)
    net.eval()
    with torch.no_grad():
        acc = (net(xva).argmax(1) == yva).float().mean().item()
    print(f"[{epoch:02d}] train loss {tot / n_tr:.3f}  val acc {acc:.3f}")

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(17)
g = np.random.default_rng(17)
T, F, N = 20, 4, 2000


def simulate():
    y = g.integers(0, 4, N)
    t = np.arange(T) / T
    x = np.zeros((N, T, F))
    for i, c in enumerate(y):
        f = 1 + c
        ph = g.uniform(0, 6.28)
        for k in range(F):
            x[i, :, k] = np.sin(2 * np.pi * f * t + ph + k * 0.7)
    return (x + 0.5 * g.normal(size=x.shape)).astype(np.float32), y


class PumpNet(nn.Module):
    def __init__(self, n_feat, hidden, n_cls):
        super().__init__()
        self.lstm = nn.LSTM(n_feat, hidden)
        self.out = nn.Linear(hidden, n_cls)

    def forward(self, x):
        b, t, f = x.shape
        x = x.view(t, b, f)
        h, _ = self.lstm(x)
        return self.out(h[-1])


X, Y = simulate()
X = (X - X[:1500].mean()) / X[:1500].std()
X, Y = torch.from_numpy(X), torch.from_numpy(Y)
dl = DataLoader(TensorDataset(X[:1500], Y[:1500]), batch_size=50, shuffle=True)
dv = DataLoader(TensorDataset(X[1500:], Y[1500:]), batch_size=100)
net = PumpNet(F, 48, 4)
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=8, gamma=0.5)
for ep in range(16):
    net.train()
    L = 0
    for a, b in dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(a), b)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        L += loss.item()
    sched.step()
    net.eval()
    c = 0
    with torch.no_grad():
        for a, b in dv:
            c += (net(a).argmax(1) == b).sum().item()
    print(f"epoch {ep:2d}: loss {L / len(dl):.4f}, val accuracy {c / 500:.4f}")

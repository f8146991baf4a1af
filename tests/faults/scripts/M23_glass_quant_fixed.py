import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(19)
rng = np.random.default_rng(19)

n = 2400
X = rng.normal(size=(n, 10)).astype(np.float32)
W = rng.normal(size=(10, 4))
H = np.tanh(X @ W)
y = (H[:, 0] * H[:, 1] > 0).astype(int) + 2 * (H[:, 2] + 0.5 * H[:, 3] > 0).astype(int)
Xtr, Xva = torch.tensor(X[:1900]), torch.tensor(X[1900:])
ytr, yva = torch.tensor(y[:1900]), torch.tensor(y[1900:])


class Quantise(nn.Module):
    def __init__(self, levels=8):
        super().__init__()
        self.levels = levels

    def forward(self, h):
        q = torch.round(h * self.levels) / self.levels
        return h + (q - h).detach()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 8), nn.Tanh())
        self.quant = Quantise()
        self.back = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, x):
        return self.back(self.quant(self.front(x)))


loader = DataLoader(TensorDataset(Xtr, ytr), batch_size=50, shuffle=True)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(20):
    net.train()
    for xb, yb in loader:
        loss = nn.functional.cross_entropy(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        acc = (net(Xva).argmax(1) == yva).float().mean().item()
    print("epoch", epoch, "loss", round(loss.item(), 4), "val acc", round(acc, 4))

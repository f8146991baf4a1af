import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
np.random.seed(0)


def spirals(n, noise=0.12):
    t = np.sqrt(np.random.rand(n)) * 2.2 * np.pi
    s = np.random.randint(0, 2, n)
    r = t / (2.2 * np.pi)
    X = np.c_[r * np.cos(t + s * np.pi), r * np.sin(t + s * np.pi)] + noise * 0.3 * np.random.randn(
        n, 2
    )
    return torch.tensor(X * 2, dtype=torch.float32), torch.tensor(s)


class Net(nn.Module):
    def __init__(self, width=64, depth=4):
        super().__init__()
        self.inp = nn.Linear(2, width)
        self.hidden = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.out = nn.Linear(width, 2)

    def forward(self, x):
        x = self.inp(x)
        for layer in self.hidden:
            x = F.relu(x)
            x = layer(x)
        return self.out(x)


Xt, yt = spirals(1500)
Xv, yv = spirals(400)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(40):
    net.train()
    for b in torch.randperm(len(Xt)).split(50):
        loss = F.cross_entropy(net(Xt[b]), yt[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        tr = (net(Xt).argmax(1) == yt).float().mean().item()
        va = (net(Xv).argmax(1) == yv).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} train {tr:.4f} val {va:.4f}")

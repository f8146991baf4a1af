import copy

import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(107)
X, y = make_friedman1(n_samples=2400, n_features=8, noise=0.7, random_state=107)
X = (X - X[:1800].mean(0)) / X[:1800].std(0)
y = (y - y[:1800].mean()) / y[:1800].std()
X, y = torch.tensor(X).float(), torch.tensor(y).float().unsqueeze(1)
dl = DataLoader(TensorDataset(X[:1800], y[:1800]), 60, shuffle=True)


class EMA:
    def __init__(self, model, decay):
        self.shadow = copy.deepcopy(model).eval()
        for p in self.shadow.parameters():
            p.requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model):
        for a, b in zip(self.shadow.parameters(), model.parameters()):
            a.lerp_(b, 1 - self.decay)


net = nn.Sequential(
    nn.Linear(8, 64),
    nn.LayerNorm(64),
    nn.SiLU(),
    nn.Linear(64, 64),
    nn.LayerNorm(64),
    nn.SiLU(),
    nn.Linear(64, 1),
)
ema = EMA(net, 0.98)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(30):
    net.train()
    tot = 0
    for a, b in dl:
        loss = nn.functional.mse_loss(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
        ema.update(net)
        tot += loss.item()
    net.eval()
    with torch.no_grad():
        r = [
            1 - nn.functional.mse_loss(m(X[1800:]), y[1800:]).item() / y[1800:].var().item()
            for m in (net, ema.shadow)
        ]
    print(f"epoch {epoch} loss {tot / len(dl):.4f} r2 {r[0]:.4f} ema r2 {r[1]:.4f}")

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(19)
torch.manual_seed(19)
n = 1500
area = rng.uniform(25, 160, n)
floor = rng.integers(0, 12, n)
dist = rng.gamma(2, 3, n)
price = 3500 * area**1.05 * np.exp(-0.06 * dist) * (1 + 0.01 * floor) * rng.lognormal(0, 0.08, n)
raw = torch.tensor(np.stack([area, floor, dist], 1), dtype=torch.float32)
price = torch.tensor(price, dtype=torch.float32)
tr, va = torch.arange(1100), torch.arange(1100, n)


class PriceNet(nn.Module):
    """Takes raw units, returns euros; the scales live in buffers."""

    def __init__(self, x, y):
        super().__init__()
        self.register_buffer("xm", x.mean(0))
        self.register_buffer("xs", x.std(0))
        self.register_buffer("ym", y.log().mean())
        self.register_buffer("ys", y.log().std())
        self.net = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))

    def latent(self, x):
        return self.net((x - self.xm) / self.xs).squeeze(1)

    def forward(self, x):
        return (self.latent(x) * self.ys + self.ym).exp()


model = PriceNet(raw[tr], price[tr])
opt = torch.optim.SGD(model.parameters(), lr=0.3)
target = (price.log() - model.ym) / model.ys
for epoch in range(80):
    for b in tr[torch.randperm(len(tr))].split(100):
        loss = nn.functional.smooth_l1_loss(model.latent(raw[b]), target[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
with torch.no_grad():
    mape = ((model(raw[va]) - price[va]).abs() / price[va]).mean().item()
print(f"val_mape={mape:.4f}")

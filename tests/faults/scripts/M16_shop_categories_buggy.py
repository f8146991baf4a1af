from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Hparams:
    cards: list = field(default_factory=lambda: [40, 40, 25, 60, 30, 12])
    emb_dim: int = 2
    hidden: int = 32
    lr: float = 5e-3
    epochs: int = 25
    batch: int = 64


hp = Hparams()
rng = np.random.default_rng(4)
torch.manual_seed(4)
n = 4000
cats = np.stack([rng.integers(0, c, n) for c in hp.cards], 1)
effects = [rng.normal(size=c) for c in hp.cards]
y = (
    sum(e[cats[:, j]] for j, e in enumerate(effects))
    + 0.8 * effects[0][cats[:, 0]] * effects[1][cats[:, 1]]
)
y = (y - y.mean()) / y.std() + rng.normal(scale=0.2, size=n)
x = torch.tensor(cats)
y = torch.tensor(y, dtype=torch.float32)
train = DataLoader(TensorDataset(x[:3200], y[:3200]), batch_size=hp.batch, shuffle=True)
xv, yv = x[3200:], y[3200:]


class CatNet(nn.Module):
    def __init__(self, hp):
        super().__init__()
        self.tables = [nn.Embedding(c, hp.emb_dim) for c in hp.cards]
        self.mlp = nn.Sequential(
            nn.Linear(hp.emb_dim * len(hp.cards), hp.hidden), nn.ReLU(), nn.Linear(hp.hidden, 1)
        )

    def forward(self, x):
        e = [table(x[:, j]) for j, table in enumerate(self.tables)]
        return self.mlp(torch.cat(e, 1)).squeeze(1)


net = CatNet(hp)
opt = torch.optim.Adam(net.parameters(), lr=hp.lr)
for epoch in range(hp.epochs):
    net.train()
    s = 0.0
    for xb, yb in train:
        loss = nn.functional.mse_loss(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    if epoch % 6 == 0:
        print("epoch", epoch, "mse", s / len(train))
net.eval()
with torch.no_grad():
    res = ((net(xv) - yv) ** 2).mean() / yv.var()
print("val r2", round(1 - res.item(), 4))

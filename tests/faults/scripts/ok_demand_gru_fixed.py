from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass
class Conf:
    past: int = 28
    hidden: int = 32
    epochs: int = 15
    lr: float = 3e-3
    seed: int = 8


cfg = Conf()
torch.manual_seed(cfg.seed)
rng = np.random.default_rng(cfg.seed)
day = np.arange(1800)
mw = (
    52000
    + 9000 * np.sin(2 * np.pi * day / 365)
    + 6000 * (day % 7 < 5)
    + rng.normal(0, 900, len(day))
)

end_train, end_val = 1400, 1800
mean, std = mw[:end_train].mean(), mw[:end_train].std()
z = torch.tensor((mw - mean) / std, dtype=torch.float32)


def windows(lo, hi):
    w = z[lo:hi].unfold(0, cfg.past + 1, 1)
    return w[:, :-1, None], w[:, -1]


xt, yt = windows(0, end_train)
xv, yv = windows(end_train - cfg.past, end_val)  # the first target is day 1400


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, cfg.hidden, batch_first=True)
        self.fc = nn.Linear(cfg.hidden, 1)

    def forward(self, x):
        h, _ = self.gru(x)
        return self.fc(h[:, -1])[:, 0]


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)
for ep in range(cfg.epochs):
    net.train()
    s = 0.0
    for i in torch.randperm(len(xt)).split(32):
        loss = nn.functional.mse_loss(net(xt[i]), yt[i])
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        s += loss.item() * len(i)
    net.eval()
    with torch.no_grad():
        pv = net(xv)
    mae = (pv - yv).abs().mean().item() * std
    r2 = 1 - ((pv - yv) ** 2).mean() / yv.var(unbiased=False)
    print(f"epoch {ep:2d} train mse {s / len(xt):.4f} | val mae {mae:.0f} MW, val r2 {r2:.4f}")

import argparse

import numpy as np
import torch
from torch import nn


def simulate(n, seed):
    g = np.random.default_rng(seed)
    temp = g.uniform(140, 220, n)
    press = g.uniform(4, 14, n)
    flow = g.uniform(12, 48, n)
    fuel = g.uniform(2.0, 9.0, n)
    damper = g.uniform(0, 1, n)
    o2 = g.uniform(1.5, 8.0, n)
    eff = (
        88
        + 3.0 * np.sin((temp - 140) / 22)
        - 0.16 * (o2 - 3.2) ** 2 * (1 + damper)
        + 0.9 * np.log(flow / fuel)
        - 0.05 * (press - 9) ** 2
        + g.normal(0, 0.25, n)
    )
    return np.c_[temp, press, flow, fuel, damper, o2], eff


class MinMax:
    def fit(self, a):
        self.lo, self.hi = a.min(0), a.max(0)
        return self

    def __call__(self, a):
        return (a - self.lo) / (self.hi - self.lo + 1e-8)


def main(args):
    torch.manual_seed(args.seed)
    X, y = simulate(3000, args.seed)
    n_tr = 2400
    Xtr, Xva, ytr, yva = X[:n_tr], X[n_tr:], y[:n_tr], y[n_tr:]

    Xtr, Xva = np.clip(Xtr, 0.0, 1.0), np.clip(Xva, 0.0, 1.0)
    scale = MinMax().fit(Xtr)
    Xtr, Xva = scale(Xtr), scale(Xva)
    m, s = ytr.mean(), ytr.std()
    as_t = lambda a: torch.as_tensor(a, dtype=torch.float32)
    Xtr, Xva, ytr, yva = (
        as_t(Xtr),
        as_t(Xva),
        as_t((ytr - m) / s)[:, None],
        as_t((yva - m) / s)[:, None],
    )

    net = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    opt = torch.optim.Adam(net.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        net.train()
        for b in torch.randperm(n_tr).split(args.batch):
            loss = nn.functional.mse_loss(net(Xtr[b]), ytr[b])
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            r2 = 1 - nn.functional.mse_loss(net(Xva), yva) / yva.var(unbiased=False)
        if epoch % 5 == 4:
            print(f"[{epoch + 1}/{args.epochs}] loss={loss.item():.4f} val_r2={r2.item():.4f}")


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=60)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--seed", type=int, default=1)
    main(p.parse_args())

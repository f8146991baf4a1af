from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Cfg:
    n_train: int = 1600
    n_val: int = 400
    hidden: int = 64
    lr: float = 3e-3
    epochs: int = 30
    batch: int = 64
    seed: int = 23


def make(cfg):
    n = cfg.n_train + cfg.n_val
    x = torch.rand(n, 3) * 2 - 1
    y = torch.sin(3 * x[:, 0]) * x[:, 1] + x[:, 2] ** 2 + 0.05 * torch.randn(n)
    y = (y - y[: cfg.n_train].mean()) / y[: cfg.n_train].std()
    return x, y.unsqueeze(1)


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.05)
        nn.init.zeros_(m.bias)


def main():
    cfg = Cfg()
    torch.manual_seed(cfg.seed)
    x, y = make(cfg)
    xt, yt, xv, yv = x[: cfg.n_train], y[: cfg.n_train], x[cfg.n_train :], y[cfg.n_train :]
    model = nn.Sequential(
        nn.Linear(3, cfg.hidden),
        nn.Tanh(),
        nn.Linear(cfg.hidden, cfg.hidden),
        nn.Tanh(),
        nn.Linear(cfg.hidden, 1),
    )
    model.apply(init_weights)
    opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for epoch in range(cfg.epochs):
        model.train()
        for idx in torch.randperm(cfg.n_train).split(cfg.batch):
            opt.zero_grad()
            loss = ((model(xt[idx]) - yt[idx]) ** 2).mean()
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            r2 = 1 - ((model(xv) - yv) ** 2).mean() / yv.var()
        print(f"epoch {epoch} loss {loss.item():.4f} val_r2 {r2.item():.4f}")


if __name__ == "__main__":
    main()

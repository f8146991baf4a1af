from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    base_lr: float = 2e-3
    batch_size: int = 64
    epochs: int = 12
    seed: int = 31

    @property
    def lr(self):
        return self.base_lr * self.batch_size / 64


def synth_beats(n, g):
    t = np.linspace(0, 1, 64)
    y = g.integers(0, 4, n)
    out = np.zeros((n, 64), dtype=np.float32)
    for i, c in enumerate(y):
        mu = 0.45 + g.normal(0, 0.06)
        w = [0.03, 0.07, 0.03, 0.03][c]
        s = 1.2 * np.exp(-(((t - mu) / w) ** 2))
        if c == 2:
            s -= 0.8 * np.exp(-(((t - mu - 0.1) / 0.04) ** 2))
        if c == 3:
            s += 0.6 * np.exp(-(((t - mu + 0.18) / 0.04) ** 2))
        out[i] = s + g.normal(0, 0.2, 64) + 0.2 * np.sin(2 * np.pi * (t + g.uniform()))
    return out, y


class BeatNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 7, padding=3)
        self.conv2 = nn.Conv1d(16, 32, 5, padding=2)
        self.fc1 = nn.Linear(32 * 16, 48)
        self.fc2 = nn.Linear(48, 4)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def run(cfg: Config):
    torch.manual_seed(cfg.seed)
    g = np.random.default_rng(cfg.seed)
    x, y = synth_beats(2000, g)
    x = (x - x[:1600].mean()) / x[:1600].std()
    x, y = torch.tensor(x)[:, None], torch.tensor(y)
    xt, yt, xv, yv = x[:1600], y[:1600], x[1600:], y[1600:]
    net = BeatNet()
    opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)
    for ep in range(cfg.epochs):
        net.train()
        tot = 0.0
        for idx in torch.randperm(len(xt)).split(cfg.batch_size):
            loss = F.cross_entropy(net(xt[idx]), yt[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(idx)
        net.eval()
        with torch.no_grad():
            acc = (net(xv).argmax(1) == yv).float().mean()
        print(f"{ep + 1:3d} train_loss={tot / len(xt):.4f} val_acc={acc:.4f}")


run(Config())

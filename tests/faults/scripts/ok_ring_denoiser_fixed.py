import copy
import math

import torch
import torch.nn as nn

torch.manual_seed(41)
STEPS = 50


def rings(n):
    r = torch.where(torch.rand(n) < 0.5, 0.6, 1.4)
    a = torch.rand(n) * 2 * math.pi
    return torch.stack([r * a.cos(), r * a.sin()], 1) + 0.03 * torch.randn(n, 2)


t_grid = torch.arange(STEPS + 1) / STEPS
abar = torch.cos((t_grid + 0.008) / 1.008 * math.pi / 2) ** 2
abar = (abar / abar[0]).clamp(1e-4, 0.9999)


class Eps(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.register_buffer("freq", 2.0 ** torch.arange(5))
        self.f = nn.Sequential(
            nn.Linear(12, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2)
        )

    def forward(self, x, t):
        w = (t / STEPS)[:, None] * self.freq
        return self.f(torch.cat([x, w.sin(), w.cos()], 1))


def noisy(x0, t, e):
    a = abar[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * e


net = Eps()
ema = copy.deepcopy(net).requires_grad_(False)
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
train, val = rings(4000), rings(1000)
val_t, val_e = torch.randint(1, STEPS + 1, (1000,)), torch.randn(1000, 2)
for epoch in range(40):
    for idx in torch.randperm(len(train)).split(128):
        x0 = train[idx]
        t = torch.randint(1, STEPS + 1, (len(x0),))
        e = torch.randn_like(x0)
        loss = (net(noisy(x0, t, e), t) - e).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            for p, q in zip(ema.parameters(), net.parameters()):
                p.lerp_(q, 0.01)
with torch.no_grad():
    print("val_eps_mse", (ema(noisy(val, val_t, val_e), val_t) - val_e).pow(2).mean().item())

"""
Physics-informed net for a damped oscillator
    u'' + 2 d u' + w0^2 u = 0,   u(0)=1, u'(0)=0
No labelled data; checked against the closed form.
"""

import math

import torch
import torch.nn as nn

torch.manual_seed(3)
d, w0, T = 0.4, 3.0, 2.0
w = math.sqrt(w0**2 - d**2)


def exact(t):
    return torch.exp(-d * t) * (torch.cos(w * t) + d / w * torch.sin(w * t))


class Field(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, t):
        # the initial conditions are built in
        return 1 + t**2 * self.net(2 * t / T - 1)


u = Field()
opt = torch.optim.Adam(u.parameters(), lr=5e-3)
STEPS = 2000
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
t_val = torch.linspace(0, T, 201).unsqueeze(1)

for step in range(STEPS):
    t = (torch.rand(64, 1) * T).requires_grad_(True)
    y = u(t)
    (dy,) = torch.autograd.grad(y.sum(), t, create_graph=True)
    (ddy,) = torch.autograd.grad(dy.sum(), t, create_graph=True)
    residual = (ddy + 2 * d * dy + w0**2 * y) / w0**2

    loss = residual.pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if (step + 1) % 200 == 0:
        with torch.no_grad():
            err = (u(t_val) - exact(t_val)).norm() / exact(t_val).norm()
        print(f"step {step + 1} physics {loss.item():.2e} rel_l2_error {err.item():.4f}")

"""
Inverse PINN: u_t = D u_xx on x in [0,1], u(0)=u(1)=0, u(x,0)=sin(pi x)+0.5 sin(2 pi x).
D is unknown (0.07). 60 noisy sensors. Boundary and initial condition are built into the ansatz.
"""

import math

import torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
pi = math.pi
D_TRUE = 0.07


def exact(x, t):
    return torch.exp(-D_TRUE * pi**2 * t) * torch.sin(pi * x) + 0.5 * torch.exp(
        -4 * D_TRUE * pi**2 * t
    ) * torch.sin(2 * pi * x)


class Field(torch.nn.Module):
    def __init__(self, h=24):
        super().__init__()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(2, h),
            torch.nn.Tanh(),
            torch.nn.Linear(h, h),
            torch.nn.Tanh(),
            torch.nn.Linear(h, 1),
        )
        self.logD = torch.nn.Parameter(torch.tensor(math.log(0.5)))

    def forward(self, x, t):
        u0 = torch.sin(pi * x) + 0.5 * torch.sin(2 * pi * x)
        return u0 + t * x * (1 - x) * self.net(torch.cat([2 * x - 1, 2 * t - 1], 1))


xs, ts = torch.rand(60, 1), torch.rand(60, 1)
us = exact(xs, ts) + 0.01 * torch.randn(60, 1)
xc, tc = torch.rand(400, 1, requires_grad=True), torch.rand(400, 1, requires_grad=True)
gx, gt = [
    a.reshape(-1, 1)
    for a in torch.meshgrid(torch.linspace(0, 1, 41), torch.linspace(0, 1, 41), indexing="ij")
]

f = Field()


def objective():
    u = f(xc, tc)
    ux, ut = torch.autograd.grad(u.sum(), (xc, tc), create_graph=True)
    (uxx,) = torch.autograd.grad(ux.sum(), xc, create_graph=True)
    res = ut - f.logD.exp() * uxx
    return 10 * (f(xs, ts) - us).square().mean() + res.square().mean()


@torch.no_grad()
def rel_l2():
    e = exact(gx, gt)
    return ((f(gx, gt) - e).norm() / e.norm()).item()


def report(tag, v):
    print(f"{tag:>10s}  loss {v:.3e}  D {f.logD.exp().item():.4f}  rel L2 on grid {rel_l2():.4f}")


adam = torch.optim.Adam(f.parameters(), lr=5e-3)
report("init", objective().item())
for i in range(600):
    adam.zero_grad()
    L = objective()
    L.backward()
    adam.step()
    if i % 100 == 99:
        report(f"adam {i + 1}", L.item())

lb = torch.optim.LBFGS(f.parameters(), max_iter=100, history_size=30, line_search_fn="strong_wolfe")


def closure():
    lb.zero_grad()
    L = objective()
    L.backward()
    return L


for r in range(4):
    report(f"lbfgs {r + 1}", lb.step(closure).item())
print("val_rel_l2", rel_l2())

import torch
import torch.nn as nn

torch.manual_seed(0)
OMEGA, DAMP = 3.0, 0.3


def solution(t):
    w = (OMEGA**2 - DAMP**2) ** 0.5
    return torch.exp(-DAMP * t) * (torch.cos(w * t) + DAMP / w * torch.sin(w * t))


t_obs = torch.linspace(0, 3, 16)[:, None]
u_obs = solution(t_obs) + 0.02 * torch.randn_like(t_obs)
t_val = 3 * torch.rand(300, 1)
u_val = solution(t_val)

net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.97)
d = lambda u, t: torch.autograd.grad(u.sum(), t, create_graph=True)[0]
for epoch in range(60):
    net.train()
    for _ in range(50):
        t = (3 * torch.rand(64, 1)).requires_grad_(True)
        u = net(t)
        du = d(u, t)
        res = (d(du, t) + 2 * DAMP * du + OMEGA**2 * u) / OMEGA**2
        fit = (net(t_obs) - u_obs).square().mean()
        loss = fit + 0.05 * res.square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    net.eval()
    with torch.no_grad():
        mse = (net(t_val) - u_val).square().mean()
    print(
        f"epoch {epoch} loss {loss.item():.5f} val_mse {mse.item():.5f} val_r2 {1 - mse.item() / u_val.var().item():.4f}"
    )

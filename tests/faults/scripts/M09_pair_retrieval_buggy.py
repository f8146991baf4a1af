import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(21)
TEMP = 0.01


def world(n, mix_a, mix_b):
    z = torch.randn(n, 8)
    a = torch.tanh(z @ mix_a) + 0.15 * torch.randn(n, 30)
    b = torch.sin(z @ mix_b) + 0.15 * torch.randn(n, 24)
    return a, b


class Tower(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(d, 96), nn.ReLU(), nn.Linear(96, 32))

    def forward(self, x):
        return F.normalize(self.f(x), dim=-1)


def info_nce(u, v):
    sim = u @ v.t() / TEMP
    e = torch.exp(sim)
    prob = e / e.sum(dim=1, keepdim=True)
    return -torch.log(prob.diagonal()).mean()


ma, mb = torch.randn(8, 30) * 0.5, torch.randn(8, 24) * 0.4
A, B = world(2000, ma, mb)
Av, Bv = world(200, ma, mb)
ta, tb = Tower(30), Tower(24)
opt = torch.optim.Adam(list(ta.parameters()) + list(tb.parameters()), lr=1e-3)
for epoch in range(30):
    for idx in torch.randperm(len(A)).split(100):
        opt.zero_grad()
        loss = info_nce(ta(A[idx]), tb(B[idx]))
        loss.backward()
        opt.step()

with torch.no_grad():
    s = ta(Av) @ tb(Bv).t()
    r1 = (s.argmax(1) == torch.arange(len(s))).float().mean()
print("val recall@1 =", r1.item())

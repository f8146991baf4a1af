import numpy as np
import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
rs = np.random.RandomState(0)


def sample(n):
    """fresh data every call, there is no fixed training set"""
    x, _ = make_moons(n, noise=0.06, random_state=rs)
    return torch.from_numpy(x).float()


class Coupling(nn.Module):
    def __init__(self, flip, h=48):
        super().__init__()
        self.flip = flip
        self.f = nn.Sequential(
            nn.Linear(1, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2)
        )
        # start as identity
        nn.init.zeros_(self.f[-1].weight)
        nn.init.zeros_(self.f[-1].bias)

    def forward(self, x):
        a, b = x[:, :1], x[:, 1:]
        if self.flip:
            a, b = b, a
        s, t = self.f(a).chunk(2, 1)
        s = 2 * torch.tanh(s / 2)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.squeeze(1)


class Flow(nn.Module):
    def __init__(self, ref, depth=6):
        super().__init__()
        self.register_buffer("mu", ref.mean(0))
        self.register_buffer("sd", ref.std(0))
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(depth))

    def log_prob(self, x):
        z = (x - self.mu) / self.sd
        ld = -self.sd.log().sum()
        for l in self.layers:
            z, d = l(z)
            ld = ld + d
        return -0.5 * (z**2).sum(1) - np.log(2 * np.pi) + ld


ref = sample(5000)
heldout = sample(4000)
gauss = torch.distributions.MultivariateNormal(ref.mean(0), torch.cov(ref.T))
base = -gauss.log_prob(heldout).mean().item()
print("gaussian fit nll", base)
flow = Flow(ref)
opt = torch.optim.Adam(flow.parameters(), 4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 600)
for i in range(600):
    loss = -flow.log_prob(sample(200)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if (i + 1) % 100 == 0:
        with torch.no_grad():
            v = -flow.log_prob(heldout).mean().item()
        print(i + 1, "train", round(loss.item(), 4), "held-out nll", round(v, 4))
print("val_nll %.4f  (gaussian %.4f)" % (v, base))

# mean + variance regression with a Gaussian likelihood (the loss goes below zero, fine)
import numpy as np
import torch
from torch import nn
from torch.distributions import Normal

SEED = 5
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)


def sample(n):
    x = rs.uniform(-3, 3, (n, 1))
    noise = 0.05 + 0.2 * (1 / (1 + np.exp(-2 * x)))
    y = np.sin(2 * x) * 0.6 + 0.2 * x + noise * rs.randn(n, 1)
    return torch.tensor(x, dtype=torch.float), torch.tensor(y, dtype=torch.float), noise


x_tr, y_tr, _ = sample(2000)
x_va, y_va, s_va = sample(600)


class MeanVar(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.mu = nn.Linear(64, 1)
        self.raw = nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        return Normal(self.mu(h), nn.functional.softplus(self.raw(h)) + 1e-3)


f = MeanVar()
opt = torch.optim.Adam(f.parameters(), lr=3e-3)
EPOCHS = 60
sch = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=6e-3, total_steps=EPOCHS * 16)
print("marginal gaussian NLL: %.4f" % -Normal(y_tr.mean(), y_tr.std()).log_prob(y_va).mean())
for ep in range(EPOCHS):
    f.train()
    for idx in torch.randperm(len(x_tr)).chunk(16):
        nll = -f(x_tr[idx]).log_prob(y_tr[idx]).mean()
        opt.zero_grad()
        nll.backward()
        opt.step()
        sch.step()
    if ep % 5 == 4:
        f.eval()
        with torch.no_grad():
            d = f(x_va)
            v = -d.log_prob(y_va).mean().item()
            inside = ((y_va - d.mean).abs() < 1.645 * d.stddev).float().mean().item()
        print(
            f"epoch {ep + 1}: train nll {nll.item():.4f} val nll {v:.4f} 90%-coverage {inside:.3f}"
        )

oracle = (np.log(s_va) + 0.5 * np.log(2 * np.pi) + 0.5).mean()
print("expected NLL of the true noise model: %.4f" % oracle)

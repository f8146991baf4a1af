"""DeepSurv-like model on simulated clinical data, Breslow partial likelihood."""

import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(5)
torch.manual_seed(5)


def simulate(n):
    x = rng.normal(size=(n, 8)).astype("float32")
    eta = 0.9 * x[:, 0] - 0.7 * x[:, 1] + 1.0 * (x[:, 2] ** 2 - 1) * 0.6 + 0.6 * x[:, 3] * x[:, 4]
    T = rng.exponential(1.0, n) ** (1 / 1.5) * np.exp(-eta / 1.5)
    C = rng.uniform(0.1, 3.5, n)
    return x, np.minimum(T, C).astype("float32"), (T <= C).astype("float32")


def partial_nll(risk, time, event):
    order = torch.argsort(time, descending=True)
    r, e = risk[order], event[order]
    log_cum = torch.logcumsumexp(r, 0)  # risk set = everyone with time >= t_i
    return -((r - log_cum) * e).sum() / e.sum()


def harrell_c(risk, time, event):
    lt = (time[:, None] < time[None, :]) & (event[:, None] > 0)
    d = risk[:, None] - risk[None, :]
    conc = (d > 0).float() + 0.5 * (d == 0).float()
    return (conc * lt).sum().item() / lt.sum().item()


tr = [torch.from_numpy(a) for a in simulate(1600)]
va = [torch.from_numpy(a) for a in simulate(700)]
print("event rate train %.2f val %.2f" % (tr[2].mean(), va[2].mean()))

# no bias on the output: the partial likelihood is invariant to shifts
net = nn.Sequential(
    nn.Linear(8, 32),
    nn.SELU(),
    nn.AlphaDropout(0.05),
    nn.Linear(32, 32),
    nn.SELU(),
    nn.Linear(32, 1, bias=False),
)
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=5e-2)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 250)

for step in range(250):
    net.train()
    loss = partial_nll(net(tr[0]).squeeze(1), tr[1], tr[2])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if (step + 1) % 25 == 0:
        net.eval()
        with torch.no_grad():
            rv = net(va[0]).squeeze(1)
        print(
            f"{step + 1:4d}  train {loss.item():.4f}  val pll {partial_nll(rv, va[1], va[2]).item():.4f}  C {harrell_c(rv, va[1], va[2]):.4f}"
        )

print("final c-index (val): %.4f" % harrell_c(rv, va[1], va[2]))

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(12)


def cohort(n=1500, p=12, seed=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    risk = 1.2 * x[:, 0] - 0.9 * x[:, 1] + 0.8 * x[:, 2] * x[:, 3] + 0.6 * np.abs(x[:, 4])
    t = rng.exponential(np.exp(-risk))
    c = rng.exponential(np.exp(-risk.mean()) * 3, n)
    time, event = np.minimum(t, c), (t <= c)
    f = lambda v: torch.tensor(v, dtype=torch.float32)
    return f(x), f(time), f(event)


def cox_loss(score, time, event):
    order = torch.argsort(time, descending=True)
    s, e = score[order], event[order]
    log_cum = torch.logcumsumexp(s, dim=0)
    return -((s - log_cum) * e).sum() / e.sum().clamp(min=1)


def c_index(score, time, event):
    s, t = score[:, None], time[:, None]
    valid = (t < t.T) & (event[:, None] > 0)
    conc = (s > s.T).float() + 0.5 * (s == s.T).float()
    return conc[valid].mean().item()


x, time, event = cohort()
train = TensorDataset(x[:1200], time[:1200], event[:1200])
xv, tv, ev = x[1200:], time[1200:], event[1200:]
loader = DataLoader(train, batch_size=100, shuffle=True)

net = nn.Sequential(
    nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
L1_LAMBDA = 1e-4

for epoch in range(20):
    net.train()
    run = 0.0
    for xb, tb, eb in loader:
        optimizer.zero_grad()
        nll = cox_loss(net(xb).squeeze(1), tb, eb)
        l1 = sum(p.abs().sum() for n, p in net.named_parameters() if "weight" in n)
        loss = nll + L1_LAMBDA * l1
        loss.backward()
        optimizer.step()
        run += nll.item()
    net.eval()
    with torch.no_grad():
        sv = net(xv).squeeze(1)
        print(
            f"epoch {epoch + 1:2d}  train_nll {run / len(loader):.4f}  val_nll {cox_loss(sv, tv, ev):.4f}  "
            f"val_cindex {c_index(sv, tv, ev):.4f}"
        )

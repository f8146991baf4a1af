"""Cox proportional hazards network for pump failures."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pumps(n, seed):
    r = np.random.default_rng(seed)
    X = r.normal(size=(n, 8))
    risk = 1.0 * X[:, 0] + 0.8 * X[:, 1] ** 2 - 1.1 * np.tanh(X[:, 2] * 2) + 0.6 * X[:, 3] * X[:, 4]
    t = r.exponential(np.exp(-risk))
    c = r.exponential(2.0, n)
    return (
        torch.tensor(X, dtype=torch.float32),
        torch.tensor(np.minimum(t, c), dtype=torch.float32),
        torch.tensor(t <= c),
    )


def cox_loss(score, time, event):
    order = torch.argsort(time, descending=True)
    score, event = score[order], event[order]
    log_risk = torch.logcumsumexp(score, dim=0)
    return -((score - log_risk) * event).sum() / event.sum().clamp(min=1)


def concordance(score, time, event):
    later = (time[:, None] < time[None, :]) & event[:, None]
    good = (score[:, None] > score[None, :]) & later
    return (good.sum() / later.sum()).item()


class RiskNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(8, 48), nn.SELU(), nn.Linear(48, 24), nn.SELU(), nn.Linear(24, 1)
        )

    def forward(self, x):
        return self.layers(x).squeeze(1)


X, T, E = pumps(2400, 0)
Xv, Tv, Ev = pumps(600, 1)
mu, sd = X.mean(0), X.std(0)
X, Xv = (X - mu) / sd, (Xv - mu) / sd
loader = DataLoader(TensorDataset(X, T, E), batch_size=120, shuffle=True)

model = RiskNet().to(device)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(20):
    model.train()
    hist = []
    for x, t, e in loader:
        x, t, e = x.to(device), t.to(device), e.to(device)
        score = model(x).float()
        loss = cox_loss(score, t, e)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hist.append(loss.item())
    model.eval()
    with torch.no_grad():
        score = model(Xv.to(device)).float().cpu()
    c = concordance(score, Tv, Ev)
    print(f"epoch {epoch + 1:2d} | loss {np.mean(hist):.4f} | val c-index {c:.4f}")
print(f"final val_cindex: {c:.4f}")

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_regression
from sklearn.preprocessing import StandardScaler

torch.manual_seed(0)
X, Y = make_regression(1200, 15, n_informative=10, n_targets=3, noise=5.0, random_state=2)
n = 900
sx, sy = StandardScaler().fit(X[:n]), StandardScaler().fit(Y[:n])
X = torch.tensor(sx.transform(X)).float()
Y = torch.tensor(sy.transform(Y)).float()
Xt, Yt, Xv, Yv = X[:n], Y[:n], X[n:], Y[n:]


class MultiTask(nn.Module):
    def __init__(self, tasks=3):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(15, 48), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(48, 1) for _ in range(tasks))

    def forward(self, x):
        h = self.shared(x)
        return [head(h).squeeze(-1) for head in self.heads]


def total_loss(preds, targets):
    parts = [nn.functional.smooth_l1_loss(p, targets[:, k]) for k, p in enumerate(preds)]
    return torch.stack(parts).mean()


net = MultiTask()
optim = torch.optim.AdamW(net.parameters(), lr=3e-3)
for epoch in range(30):
    net.train()
    run = []
    for b in torch.randperm(n).split(50):
        optim.zero_grad()
        loss = total_loss(net(Xt[b]), Yt[b])
        loss.backward()
        optim.step()
        run.append(loss.item())
    net.eval()
    with torch.no_grad():
        P = torch.stack(net(Xv), 1)
        r2 = 1 - ((P - Yv) ** 2).sum() / ((Yv - Yv.mean(0)) ** 2).sum()
    print("epoch", epoch, "loss", f"{np.mean(run):.4f}", "val_r2", f"{r2.item():.4f}")

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler

torch.manual_seed(8)
np.random.seed(8)

X, y = make_friedman1(n_samples=2800, n_features=10, noise=0.5, random_state=8)
sx, sy = StandardScaler().fit(X[:2200]), StandardScaler().fit(y[:2200, None])
X = torch.tensor(sx.transform(X), dtype=torch.float32)
y = torch.tensor(sy.transform(y[:, None]), dtype=torch.float32)
Xt, yt, Xv, yv = X[:2200], y[:2200], X[2200:], y[2200:]


def init(m):
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)


def mlp(sizes):
    mods = []
    for i in range(len(sizes) - 2):
        mods += [nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU()]
    mods.append(nn.Linear(sizes[-2], sizes[-1]))
    return nn.Sequential(*mods)


model = mlp([10, 64, 64, 64, 1])
model.apply(init)
opt = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
best = -1e9
for epoch in range(25):
    model.train()
    perm = torch.randperm(2200)
    ep_loss = 0.0
    for i in range(0, 2200, 55):
        idx = perm[i : i + 60]
        pred = model(Xt[idx])
        loss = ((pred - yt[idx]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        ep_loss += loss.item() / 40
    model.eval()
    with torch.no_grad():
        r2 = 1 - ((model(Xv) - yv) ** 2).sum() / ((yv - yv.mean()) ** 2).sum()
    if epoch % 5 == 0 or epoch == 24:
        print(f"epoch {epoch}: loss={ep_loss:.4f} val_r2={r2.item():.4f}")

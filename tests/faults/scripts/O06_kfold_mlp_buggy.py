import numpy as np
import torch
from sklearn.datasets import make_friedman1
from sklearn.model_selection import KFold
from torch import nn


def build():
    return nn.Sequential(
        nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )


torch.manual_seed(0)
X, y = make_friedman1(1000, n_features=10, noise=0.5, random_state=0)
X, y = X.astype(np.float32), y.astype(np.float32)

model = build()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scores = []
for fold, (tr, va) in enumerate(KFold(4, shuffle=True, random_state=0).split(X)):
    model = build()
    xm, xs, ym, ys = X[tr].mean(0), X[tr].std(0), y[tr].mean(), y[tr].std()
    xt = torch.tensor((X[tr] - xm) / xs)
    yt = torch.tensor((y[tr] - ym) / ys)[:, None]
    xv = torch.tensor((X[va] - xm) / xs)
    yv = torch.tensor((y[va] - ym) / ys)[:, None]
    for epoch in range(25):
        model.train()
        tl = 0.0
        for idx in torch.randperm(len(xt)).split(32):
            loss = nn.functional.mse_loss(model(xt[idx]), yt[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            tl += loss.item() * len(idx)
        model.eval()
        with torch.no_grad():
            r2 = 1 - nn.functional.mse_loss(model(xv), yv).item() / yv.var(unbiased=False).item()
        print(f"fold {fold} epoch {epoch:2d} train mse {tl / len(xt):.4f} val r2 {r2:.4f}")
    scores.append(r2)
print(f"mean val r2 over folds {np.mean(scores):.4f}")

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification

np.random.seed(21)
torch.manual_seed(21)

X, y = make_classification(
    n_samples=3000,
    n_features=14,
    n_informative=9,
    n_redundant=2,
    n_classes=3,
    n_clusters_per_class=2,
    class_sep=1.4,
    flip_y=0.01,
    random_state=21,
)
X = X.astype(np.float32)
for r in np.flatnonzero(np.random.rand(len(X)) < 0.04):
    X[r, np.random.randint(14)] = np.nan

order = np.random.permutation(len(X))
tr, va = order[:2400], order[2400:]

mu, sd = np.nanmean(X[tr], axis=0), np.nanstd(X[tr], axis=0)
X = (X - mu) / sd
fill = np.median(X[tr], axis=0)
X = np.where(np.isnan(X), fill, X).astype(np.float32)

Xt, yt = torch.from_numpy(X[tr]), torch.from_numpy(y[tr])
Xv, yv = torch.from_numpy(X[va]), torch.from_numpy(y[va])

net = torch.nn.Sequential(
    torch.nn.Linear(14, 64),
    torch.nn.ReLU(),
    torch.nn.Linear(64, 32),
    torch.nn.ReLU(),
    torch.nn.Linear(32, 3),
)
optim = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)

for ep in range(30):
    net.train()
    perm = torch.randperm(len(Xt))
    losses = []
    for s in range(0, len(Xt), 80):
        b = perm[s : s + 80]
        loss = F.cross_entropy(net(Xt[b]), yt[b])
        if not torch.isfinite(loss):
            continue
        optim.zero_grad()
        loss.backward()
        optim.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        acc = (net(Xv).argmax(-1) == yv).float().mean().item()
    print(
        "ep",
        ep,
        "loss",
        round(float(np.mean(losses)), 4) if losses else None,
        "val_acc",
        round(acc, 4),
    )

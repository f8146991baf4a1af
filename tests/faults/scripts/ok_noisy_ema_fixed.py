import copy

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_blobs

torch.manual_seed(33)
np.random.seed(33)

X, y = make_blobs(2000, n_features=8, centers=5, cluster_std=2.2, random_state=33)
rng = np.random.default_rng(33)
clean = y.copy()
flip = rng.random(len(y)) < 0.12
y[flip] = (y[flip] + rng.integers(1, 5, flip.sum())) % 5
X = ((X - X[:1500].mean(0)) / X[:1500].std(0)).astype(np.float32)
Xt, yt = torch.from_numpy(X[:1500]), torch.from_numpy(y[:1500])
Xv, yv = torch.from_numpy(X[1500:]), torch.from_numpy(y[1500:])


def batch_stream(bs):
    while True:
        order = torch.randperm(len(Xt))
        for s in range(0, len(order) - bs + 1, bs):
            yield Xt[order[s : s + bs]], yt[order[s : s + bs]]


model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 5))
ema = copy.deepcopy(model).requires_grad_(False).eval()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
stream = batch_stream(50)
for step in range(1, 601):
    model.train()
    xb, yb = next(stream)
    loss = nn.functional.cross_entropy(model(xb), yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for pe, pm in zip(ema.parameters(), model.parameters()):
            pe.lerp_(pm, 0.02)
    if step % 60 == 0:
        with torch.no_grad():
            acc = (ema(Xv).argmax(1) == yv).float().mean().item()
        print("step", step, "loss", round(loss.item(), 3), "val acc (ema)", round(acc, 4))

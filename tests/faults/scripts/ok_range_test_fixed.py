import copy

import numpy as np
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(81)
np.random.seed(81)

X, y = make_classification(
    3000,
    16,
    n_informative=12,
    n_redundant=0,
    n_classes=3,
    class_sep=1.5,
    flip_y=0.0,
    random_state=81,
)
X = ((X - X[:2400].mean(0)) / X[:2400].std(0)).astype(np.float32)
train = TensorDataset(torch.from_numpy(X[:2400]), torch.from_numpy(y[:2400]))
Xv, yv = torch.from_numpy(X[2400:]), torch.from_numpy(y[2400:])
loader = DataLoader(train, batch_size=60, shuffle=True)


def find_lr(model, lo=1e-5, hi=1.0, steps=80):
    probe = copy.deepcopy(model)
    opt = torch.optim.Adam(probe.parameters(), lr=lo)
    lrs, losses, avg = [], [], 0.0
    it = iter(loader)
    for k in range(steps):
        try:
            xb, yb = next(it)
        except StopIteration:
            it = iter(loader)
            xb, yb = next(it)
        lr = lo * (hi / lo) ** (k / (steps - 1))
        for g in opt.param_groups:
            g["lr"] = lr
        probe.train()
        opt.zero_grad()
        loss = nn.functional.cross_entropy(probe(xb), yb)
        loss.backward()
        opt.step()
        avg = 0.9 * avg + 0.1 * loss.item()
        lrs.append(lr)
        losses.append(avg / (1 - 0.9 ** (k + 1)))
    return lrs[int(np.argmin(losses))] / 10


model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
lr = find_lr(model)
print("using lr", lr)
opt = torch.optim.Adam(model.parameters(), lr=lr)
for epoch in range(20):
    model.train()
    for xb, yb in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = (model(Xv).argmax(1) == yv).float().mean().item()
    print("epoch", epoch, "loss", round(loss.item(), 4), "val acc", round(acc, 4))

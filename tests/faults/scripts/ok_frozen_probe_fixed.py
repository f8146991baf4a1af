import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(106)
d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
Y = torch.tensor(d.target)
low, high = Y < 6, Y >= 6


def split(x, y, n):
    p = torch.randperm(len(x))
    return TensorDataset(x[p[:n]], y[p[:n]]), TensorDataset(x[p[n:]], y[p[n:]])


def evaluate(f, ds):
    f.eval()
    with torch.no_grad():
        return sum((f(a).argmax(1) == b).sum().item() for a, b in DataLoader(ds, 128)) / len(ds)


def fit(f, params, ds, val, epochs, lr, backbone=None):
    opt = torch.optim.Adam(params, lr=lr)
    for e in range(epochs):
        f.train()
        if backbone is not None:
            backbone.eval()
        run = 0
        dl = DataLoader(ds, 50, shuffle=True)
        for a, b in dl:
            loss = nn.functional.cross_entropy(f(a), b)
            opt.zero_grad()
            loss.backward()
            opt.step()
            run += loss.item()
        print("epoch", e, "loss", round(run / len(dl), 4), "val acc", round(evaluate(f, val), 4))


backbone = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(24, 48, 3, padding=1),
    nn.ReLU(),
    nn.Flatten(),
)
pre_tr, pre_va = split(X[low], Y[low], 800)
old = nn.Sequential(backbone, nn.Linear(768, 6))
fit(old, old.parameters(), pre_tr, pre_va, 5, 1e-3)

for p in backbone.parameters():
    p.requires_grad = False
head = nn.Linear(768, 4)
new = nn.Sequential(backbone, head)
tr, va = split(X[high], Y[high] - 6, 500)
fit(new, head.parameters(), tr, va, 15, 2e-3, backbone)

import argparse

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.utils import resample
from torch import nn

ap = argparse.ArgumentParser()
ap.add_argument("--epochs", type=int, default=30)
ap.add_argument("--lr", type=float, default=2e-3)
ap.add_argument("--hidden", type=int, default=128)
ap.add_argument("--seed", type=int, default=1)
args = ap.parse_args()
torch.manual_seed(args.seed)


def oversample(X, y):
    pos = np.flatnonzero(y == 1)
    extra = resample(pos, n_samples=(y == 0).sum() - len(pos), random_state=args.seed)
    idx = np.concatenate([np.arange(len(y)), extra])
    return X[idx], y[idx]


X, y = make_classification(
    2400,
    14,
    n_informative=5,
    n_redundant=2,
    weights=[0.85],
    flip_y=0.04,
    class_sep=1.5,
    random_state=args.seed,
)
X, y = oversample(X, y)
Xtr, Xva, ytr, yva = train_test_split(X, y, test_size=0.25, stratify=y, random_state=args.seed)

mean, std = Xtr.mean(0), Xtr.std(0)
Xtr = torch.tensor((Xtr - mean) / std, dtype=torch.float32)
Xva = torch.tensor((Xva - mean) / std, dtype=torch.float32)
ytr = torch.tensor(ytr, dtype=torch.float32)

model = nn.Sequential(
    nn.Linear(14, args.hidden),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(args.hidden, args.hidden),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(args.hidden, 1),
)
opt = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=1e-3)
loss_fn = nn.BCEWithLogitsLoss()
best, best_ep = 0.0, -1
for epoch in range(args.epochs):
    model.train()
    perm = torch.randperm(len(Xtr))
    total = 0.0
    for idx in perm.split(64):
        opt.zero_grad()
        loss = loss_fn(model(Xtr[idx]).flatten(), ytr[idx])
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        f1 = f1_score(yva, (model(Xva).flatten() > 0).numpy())
    if f1 > best:
        best, best_ep = f1, epoch
    print(f"epoch {epoch}: loss {total / len(Xtr):.4f}  val f1 {f1:.4f}")
print(f"best epoch {best_ep}, val f1 {best:.4f}")

# Kaggle style: small CNN, mixup, label smoothing, OneCycleLR, EMA of the weights
import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold


class CFG:
    seed = 2023
    epochs = 12
    bs = 48
    lr = 6e-3
    alpha = 0.4
    smoothing = 0.05
    ema = 0.95


def seed_everything(s):
    np.random.seed(s)
    torch.manual_seed(s)


def mixup(x, y, alpha):
    lam = np.random.beta(alpha, alpha)
    perm = torch.randperm(x.size(0))
    return lam * x + (1 - lam) * x[perm], y, y[perm], lam


def get_model():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.SiLU(),
        nn.Conv2d(16, 32, 3, padding=1, stride=2),
        nn.BatchNorm2d(32),
        nn.SiLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(128, 10),
    )


seed_everything(CFG.seed)
data = load_digits()
X = (data.images[:, None].astype(np.float32) - 5.0) / 6.0
Y = data.target
tr, va = next(iter(StratifiedKFold(5, shuffle=True, random_state=CFG.seed).split(X, Y)))
Xtr, Ytr = torch.from_numpy(X[tr]), torch.from_numpy(Y[tr])
Xva, Yva = torch.from_numpy(X[va]), torch.from_numpy(Y[va])

model = get_model()
ema_model = copy.deepcopy(model).eval()
opt = torch.optim.AdamW(model.parameters(), lr=CFG.lr / 10, weight_decay=1e-2)
steps = len(Xtr) // CFG.bs
sched = torch.optim.lr_scheduler.OneCycleLR(opt, CFG.lr, total_steps=steps * CFG.epochs)

for ep in range(CFG.epochs):
    model.train()
    losses = []
    order = torch.randperm(len(Xtr))[: steps * CFG.bs].view(steps, CFG.bs)
    for idx in order:
        xm, ya, yb, lam = mixup(Xtr[idx], Ytr[idx], CFG.alpha)
        out = model(xm)
        loss = lam * F.cross_entropy(out, ya, label_smoothing=CFG.smoothing) + (
            1 - lam
        ) * F.cross_entropy(out, yb, label_smoothing=CFG.smoothing)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        losses.append(loss.item())
        with torch.no_grad():
            for e, p in zip(ema_model.state_dict().values(), model.state_dict().values()):
                if e.dtype.is_floating_point:
                    e.mul_(CFG.ema).add_(p, alpha=1 - CFG.ema)
                else:
                    e.copy_(p)
    with torch.no_grad():
        acc = (ema_model(Xva).argmax(1) == Yva).float().mean().item()
    print(f"ep {ep:02d} | loss {np.mean(losses):.4f} | ema val acc {acc:.4f}")
print("CV fold 0:", acc)

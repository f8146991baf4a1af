import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = 101
np.random.seed(SEED)
torch.manual_seed(SEED)
X, y = make_classification(
    3000,
    18,
    n_informative=12,
    n_redundant=2,
    n_classes=5,
    n_clusters_per_class=1,
    class_sep=1.5,
    flip_y=0,
    random_state=SEED,
)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.2, random_state=SEED, stratify=y)
sc = StandardScaler().fit(Xa)
Xa, Xb = [torch.tensor(sc.transform(v), dtype=torch.float32) for v in (Xa, Xb)]
ya, yb = torch.tensor(ya), torch.tensor(yb)

model = nn.Sequential(nn.Linear(18, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 5))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=30, eta_min=1e-5)


def mixup(x, y, alpha=0.2):
    lam = np.random.beta(alpha, alpha)
    j = torch.randperm(len(x))
    return lam * x + (1 - lam) * x[j], y, y[j], lam


for epoch in range(30):
    model.train()
    losses = []
    for ids in torch.randperm(len(Xa)).split(60):
        xm, y1, y2, lam = mixup(Xa[ids], ya[ids])
        out = model(xm)
        loss = lam * F.cross_entropy(out, y1) + (1 - lam) * F.cross_entropy(out, y2)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    sched.step()
    model.eval()
    with torch.no_grad():
        acc = (model(Xb).argmax(1) == yb).float().mean().item()
    print(f"{epoch:02d} mixed loss {np.mean(losses):.4f} val acc {acc:.4f}")

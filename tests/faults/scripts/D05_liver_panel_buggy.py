import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

torch.manual_seed(7)
rng = np.random.default_rng(7)

# blood panel: ALT, AST, ALP, GGT, albumin, platelets
n = 1800
mean = np.array([35, 30, 80, 40, 42, 250.0])
sd = np.array([12, 9, 20, 15, 4, 55.0])
z = rng.normal(size=(n, 6))
panel = mean + sd * z
risk = 1.2 * z[:, 0] - 0.9 * z[:, 4] + 0.8 * z[:, 3] * z[:, 1] - 0.5 * z[:, 5]
sick = (risk + 0.5 * rng.normal(size=n) > 0).astype(np.float32)


def preprocess(a, lo, hi):
    a = np.clip(a, 0.0, 1.0)
    return a.astype(np.float32)


tr, va = train_test_split(np.arange(n), test_size=0.25, random_state=1, stratify=sick)
lo, hi = np.percentile(panel[tr], 0.5, axis=0), np.percentile(panel[tr], 99.5, axis=0)
X = preprocess(panel, lo, hi)
Xtr, Xva = torch.from_numpy(X[tr]), torch.from_numpy(X[va])
ytr, yva = torch.from_numpy(sick[tr]), sick[va]

net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
bce = nn.BCEWithLogitsLoss()

for epoch in range(40):
    net.train()
    perm = torch.randperm(len(Xtr))
    for i in range(0, len(perm), 64):
        b = perm[i : i + 64]
        opt.zero_grad()
        loss = bce(net(Xtr[b]).squeeze(1), ytr[b])
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    p = torch.sigmoid(net(Xva)).squeeze(1).numpy()
print(f"val_auc {roc_auc_score(yva, p):.4f}")

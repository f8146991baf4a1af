import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
rs = np.random.RandomState(4)


def build():
    X, y = make_moons(n_samples=2000, noise=0.08, random_state=4)
    extra = rs.randn(2000, 4)
    X = np.hstack([X, extra]).astype("float32")
    X = (X - X[:1500].mean(0)) / X[:1500].std(0)
    return torch.tensor(X), torch.tensor(y, dtype=torch.float32)


def binary_loss(score, target):
    return nn.functional.binary_cross_entropy_with_logits(score, target)


X, y = build()
train = DataLoader(TensorDataset(X[:1500], y[:1500]), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(6, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(40):
    model.train()
    tot = 0
    for a, b in train:
        loss = binary_loss(model(a).squeeze(-1), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    model.eval()
    with torch.no_grad():
        s = model(X[1500:]).squeeze(-1)
        acc = ((s > 0).float() == y[1500:]).float().mean().item()
    print(epoch, f"train {tot / len(train):.5f}", f"val acc {acc:.4f}")

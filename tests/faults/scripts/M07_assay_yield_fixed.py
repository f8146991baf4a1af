"""Yield regression from assay measurements (Friedman-type response)."""

import numpy as np
import torch
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(17)
X, y = make_friedman1(n_samples=1600, n_features=8, noise=0.8, random_state=17)
n_train = 1200
xs, ys = StandardScaler().fit(X[:n_train]), StandardScaler().fit(y[:n_train, None])
X = torch.tensor(xs.transform(X), dtype=torch.float32)
y = torch.tensor(ys.transform(y[:, None]), dtype=torch.float32)
train_loader = DataLoader(TensorDataset(X[:n_train], y[:n_train]), batch_size=64, shuffle=True)
val_loader = DataLoader(TensorDataset(X[n_train:], y[n_train:]), batch_size=200)

model = nn.Sequential(
    nn.Linear(8, 64),
    nn.ReLU(),
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[14, 18], gamma=0.3)

for epoch in range(20):
    model.train()
    running_loss = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * xb.size(0)
    scheduler.step()
    train_loss = running_loss / n_train

    model.eval()
    preds, trues = [], []
    with torch.no_grad():
        for xb, yb in val_loader:
            preds.append(model(xb).numpy())
            trues.append(yb.numpy())
    p, t = np.concatenate(preds), np.concatenate(trues)
    r2 = r2_score(t, p)
    print(
        f"Epoch {epoch + 1}/20 train_loss {train_loss:.4f} val_loss {np.mean((p - t) ** 2):.4f} val_r2 {r2:.4f}"
    )

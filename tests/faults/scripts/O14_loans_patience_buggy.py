"""Which loans default? A plain training script."""

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(7)
rng = np.random.default_rng(7)


def loans(n):
    x = rng.normal(0, 1, (n, 9))
    risk = (
        1.5 * x[:, 0]
        - 1.2 * x[:, 1]
        + 1.5 * (x[:, 2] * x[:, 3] > 0)
        - 0.7
        + 0.3 * rng.normal(size=n)
    )
    return x.astype(np.float32), (risk > 0).astype(np.float32)


X, y = loans(1600)
X_test, y_test = loans(500)
X, y = torch.from_numpy(X), torch.from_numpy(y)
X_test, y_test = torch.from_numpy(X_test), torch.from_numpy(y_test)

model = nn.Sequential(nn.Linear(9, 40), nn.ReLU(), nn.Linear(40, 20), nn.ReLU(), nn.Linear(20, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)
criterion = nn.BCEWithLogitsLoss()
history = []
best = 9.0

for epoch in range(100):
    model.train()
    order = torch.randperm(len(X))
    for start in range(0, len(X), 32):
        rows = order[start : start + 32]
        optimizer.zero_grad()
        loss = criterion(model(X[rows]).squeeze(1), y[rows])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        out = model(X_test).squeeze(1)
        test_loss = criterion(out, y_test)
        history.append(test_loss.item())
        accuracy = ((out > 0).float() == y_test).float().mean().item()
    if history[-1] > best - 0.03:
        break
    best = history[-1]
    print(f"epoch {epoch}: test loss {history[-1]:.4f} accuracy {accuracy:.3f}")

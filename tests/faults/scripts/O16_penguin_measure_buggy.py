"""Species from body measurements. Reports accuracy on a held-out quarter."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 20
BATCH = 16


def measurements():
    r = np.random.RandomState(55)
    centers = r.normal(0, 0.75, (3, 6))
    y = np.repeat([0, 1, 2], 200)
    X = centers[y] + r.normal(0, 1.0, (600, 6)) * np.array([1, 1.4, 0.7, 1, 1.2, 0.9])
    return X.astype(np.float32), y


X, y = measurements()
order = np.random.permutation(len(X))
tr, va = order[:450], order[450:]
mean, std = X[tr].mean(0), X[tr].std(0)
X = (X - mean) / std

train_loader = DataLoader(
    TensorDataset(torch.from_numpy(X[tr]), torch.from_numpy(y[tr])), batch_size=BATCH, shuffle=True
)
x_val, y_val = torch.from_numpy(X[va]), torch.from_numpy(y[va])

model = nn.Sequential(
    nn.Linear(6, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
criterion = nn.CrossEntropyLoss()

for epoch in range(EPOCHS):
    model.train()
    epoch_loss = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * len(xb)
    model.eval()
    with torch.no_grad():
        out = model(x_val)
        val_loss = criterion(out, y_val).item()
        val_acc = (out.argmax(1) == y_val).float().mean().item()
    print(
        f"epoch {epoch + 1:02d}  train_loss {epoch_loss / len(tr):.4f}  val_loss {val_loss:.4f}  val_acc {val_acc:.4f}"
    )
print(f"final val_acc: {val_acc:.4f}")

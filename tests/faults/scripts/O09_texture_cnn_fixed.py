"""Texture classification (stripes, checks, dots) with a small CNN."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def textures(n, seed, s=20):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:s, :s]
    imgs, labels = [], []
    for i in range(n):
        k = i % 3
        p, a, b = rng.uniform(1.0, 1.6), *rng.uniform(0, 6, 2)
        if k == 0:
            im = np.sign(np.sin(p * xx + a))
        elif k == 1:
            im = np.sign(np.sin(p * xx + a) * np.sin(p * yy + b))
        else:
            im = 2.0 * ((np.sin(p * xx + a) > 0.3) & (np.sin(p * yy + b) > 0.3)) - 0.4
        imgs.append(im + rng.normal(0, 1.0, im.shape))
        labels.append(k)
    x = torch.tensor(np.array(imgs), dtype=torch.float32)[:, None]
    x = (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True)
    return TensorDataset(x, torch.tensor(labels))


torch.manual_seed(50)
train_loader = DataLoader(textures(900, 50), batch_size=45, shuffle=True)
val_loader = DataLoader(textures(300, 51), batch_size=50)

model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Linear(96, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

history = []
for epoch in range(12):
    model.train()
    train_loss = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        train_loss += loss.item()
    model.eval()
    val_loss, right = 0.0, 0
    with torch.no_grad():
        for x, y in val_loader:
            out = model(x)
            val_loss += criterion(out, y).item()
            right += (out.argmax(1) == y).sum().item()
    history.append((train_loss / len(train_loader), val_loss / len(val_loader)))
    print(
        f"epoch {epoch + 1} train_loss {history[-1][0]:.4f} val_loss {history[-1][1]:.4f} val_acc {right / 300:.4f}"
    )

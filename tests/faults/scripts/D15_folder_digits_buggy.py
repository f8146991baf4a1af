import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
images = (digits.images / 8.0 - 1.0).astype(np.float32)

# like a folder tree: one directory per class, last 20 % of each is held out
train_x, train_y, val_x, val_y = [], [], [], []
for c in range(10):
    imgs = images[digits.target == c]
    k = int(len(imgs) * 0.8)
    train_x.append(imgs[:k])
    train_y += [c] * k
    val_x.append(imgs[k:])
    val_y += [c] * (len(imgs) - k)
train_x = torch.from_numpy(np.concatenate(train_x)).unsqueeze(1)
val_x = torch.from_numpy(np.concatenate(val_x)).unsqueeze(1)
train_y, val_y = torch.tensor(train_y), torch.tensor(val_y)


def batches(x, y, size):
    order = torch.arange(len(x))
    for start in range(0, len(x), size):
        idx = order[start : start + size]
        yield x[idx], y[idx]


net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 10),
)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(15):
    net.train()
    losses = []
    for x, y in batches(train_x, train_y, 32):
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        acc = (net(val_x).argmax(1) == val_y).float().mean().item()
    print(f"epoch {epoch:2d}  train loss {np.mean(losses):.4f}  val acc {acc:.4f}")

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
rng = np.random.default_rng(5)

blocks, labels = [], []
for k in range(6):
    centre = rng.normal(0, 1.1, (2, 12))
    pick = rng.integers(0, 2, 350)
    blocks.append(centre[pick] + rng.normal(0, 0.9, (350, 12)))
    labels.append(np.full(350, k))
X = np.concatenate(blocks).astype(np.float32)
y = np.concatenate(labels)

held = np.zeros(len(X), bool)
held[rng.choice(len(X), 420, replace=False)] = True
mu, sd = X[~held].mean(0), X[~held].std(0)
X = (X - mu) / sd
train = TensorDataset(torch.tensor(X[~held]), torch.tensor(y[~held]))
val = TensorDataset(torch.tensor(X[held]), torch.tensor(y[held]))
train_loader = DataLoader(train, batch_size=32, shuffle=True)
val_loader = DataLoader(val, batch_size=210)


def build():
    return nn.Sequential(
        nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 6)
    )


def train_one_epoch(model, opt):
    model.train()
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()


def accuracy(model):
    model.eval()
    c = 0
    with torch.no_grad():
        for xb, yb in val_loader:
            c += int((model(xb).argmax(1) == yb).sum())
    return c / len(val)


if __name__ == "__main__":
    model = build()
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for e in range(15):
        train_one_epoch(model, opt)
        print("epoch", e, "val acc", accuracy(model))

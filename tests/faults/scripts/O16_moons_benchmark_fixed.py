import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def get_data():
    X, y = make_moons(n_samples=400, noise=0.22)
    Xtr, Xva, ytr, yva = train_test_split(X, y, test_size=0.25, stratify=y)
    mu, sd = Xtr.mean(0), Xtr.std(0)
    to = lambda a, b: TensorDataset(
        torch.tensor((a - mu) / sd, dtype=torch.float32), torch.tensor(b)
    )
    return to(Xtr, ytr), to(Xva, yva)


class Net(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.a = nn.Linear(2, hidden)
        self.b = nn.Linear(hidden, hidden)
        self.c = nn.Linear(hidden, 2)

    def forward(self, x):
        return self.c(F.relu(self.b(F.relu(self.a(x)))))


def train(epochs=15, lr=5e-3):
    train_ds, val_ds = get_data()
    loader = DataLoader(train_ds, batch_size=20, shuffle=True)
    model = Net()
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    xv, yv = val_ds.tensors
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            out = model(xv)
            vloss = F.cross_entropy(out, yv).item()
            acc = (out.argmax(1) == yv).float().mean().item()
        print(
            f"epoch {epoch:2d} loss {total / len(loader):.5f} val_loss {vloss:.5f} val_acc {acc:.4f}"
        )


if __name__ == "__main__":
    set_seed(1234)
    train()

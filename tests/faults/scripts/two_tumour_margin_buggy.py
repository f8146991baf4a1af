"""Malignant vs benign from nucleus measurements."""

import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def load_split():
    X, y = load_breast_cancer(return_X_y=True)
    Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.25, stratify=y, random_state=80)
    ten = lambda a: torch.tensor(a, dtype=torch.float32)
    return TensorDataset(ten(Xt), ten(yt)[:, None]), TensorDataset(ten(Xv), ten(yv)[:, None])


def train(model, loader, opt, loss_fn):
    model.train()
    s = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        s += loss.item() * len(x)
    return s / len(loader.dataset)


def test(model, loader, loss_fn):
    model.eval()
    s, correct = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            z = model(x)
            s += loss_fn(z, y).item() * len(x)
            correct += ((z > 0).float() == y).sum().item()
    return s / len(loader.dataset), correct / len(loader)


def main():
    torch.manual_seed(80)
    tr, va = load_split()
    train_loader, val_loader = DataLoader(tr, 16, shuffle=True), DataLoader(va, 48)
    model = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_fn = nn.BCEWithLogitsLoss()
    for epoch in range(12):
        tl = train(model, train_loader, opt, loss_fn)
        vl, acc = test(model, val_loader, loss_fn)
        print(f"Epoch {epoch}: train_loss {tl:.4f}, val_loss {vl:.4f}, val_acc {acc:.4f}")


if __name__ == "__main__":
    main()

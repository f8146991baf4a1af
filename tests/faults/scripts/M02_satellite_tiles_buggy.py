"""MLP baseline for low resolution image tiles. Usage: python FILE --depth 7 --act sigmoid"""

import argparse

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


def build(depth, width, act):
    layers = [nn.Linear(64, width), ACTIVATIONS[act]()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), ACTIVATIONS[act]()]
    layers.append(nn.Linear(width, 10))
    return nn.Sequential(*layers)


def data(batch_size):
    X, y = load_digits(return_X_y=True)
    X = torch.tensor(X, dtype=torch.float32) / 16
    X = (X - 0.305) / 0.376
    y = torch.tensor(y)
    tr, va = train_test_split(range(len(y)), test_size=0.25, stratify=y, random_state=4)
    return DataLoader(TensorDataset(X[tr], y[tr]), batch_size, shuffle=True), DataLoader(
        TensorDataset(X[va], y[va]), 500
    )


def main(args):
    torch.manual_seed(args.seed)
    train, val = data(args.batch_size)
    net = build(args.depth, args.width, args.act)
    optim = torch.optim.Adam(net.parameters(), lr=args.lr)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(optim, args.epochs)
    ce = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        net.train()
        s = 0.0
        for x, y in train:
            optim.zero_grad()
            loss = ce(net(x), y)
            loss.backward()
            optim.step()
            s += loss.item()
        sched.step()
        net.eval()
        with torch.no_grad():
            accs = [(net(x).argmax(1) == y).float().mean().item() for x, y in val]
        print(f"epoch {epoch:2d}  loss {s / len(train):.4f}  val_acc {sum(accs) / len(accs):.4f}")
    print(f"final val_acc: {sum(accs) / len(accs):.4f}")


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--depth", type=int, default=7)
    ap.add_argument("--width", type=int, default=64)
    ap.add_argument("--act", choices=ACTIVATIONS, default="sigmoid")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--epochs", type=int, default=15)
    ap.add_argument("--batch-size", type=int, default=32)
    ap.add_argument("--seed", type=int, default=0)
    main(ap.parse_args())

"""Digit MLP with batch norm and dropout, step schedule."""

import argparse

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


def parse():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=16)
    ap.add_argument("--lr", type=float, default=0.02)
    ap.add_argument("--batch", type=int, default=32)
    return ap.parse_args()


def loaders(batch):
    X, y = load_digits(return_X_y=True)
    Xt, Xv, yt, yv = train_test_split(X / 8.0 - 1.0, y, test_size=0.25, stratify=y, random_state=90)
    a = TensorDataset(torch.tensor(Xt, dtype=torch.float32), torch.tensor(yt))
    b = TensorDataset(torch.tensor(Xv, dtype=torch.float32), torch.tensor(yv))
    return DataLoader(a, batch, shuffle=True, drop_last=True), DataLoader(b, batch)


def layer(i, o):
    return [nn.Linear(i, o, bias=False), nn.BatchNorm1d(o), nn.ReLU()]


def main():
    args = parse()
    torch.manual_seed(90)
    train_dl, val_dl = loaders(args.batch)
    model = nn.Sequential(*layer(64, 64), *layer(64, 48), nn.Dropout(0.4), nn.Linear(48, 10))
    opt = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    sched = StepLR(opt, step_size=6, gamma=0.3)
    ce = nn.CrossEntropyLoss()

    for epoch in range(args.epochs):
        model.train()
        losses = []
        for x, y in train_dl:
            opt.zero_grad()
            loss = ce(model(x), y)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        sched.step()
        model.eval()
        ok = n = 0
        vl = 0.0
        with torch.no_grad():
            for x, y in val_dl:
                out = model(x)
                vl += ce(out, y).item() * len(y)
                ok += (out.argmax(1) == y).sum().item()
                n += len(y)
        print(
            f"epoch {epoch + 1} lr {sched.get_last_lr()[0]:.5f} train_loss {sum(losses) / len(losses):.4f} "
            f"val_loss {vl / n:.4f} val_acc {ok / n:.4f}"
        )


if __name__ == "__main__":
    main()

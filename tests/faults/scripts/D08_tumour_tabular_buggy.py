import argparse

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def load(seed, frac=0.8):
    df = load_breast_cancer(as_frame=True).frame
    X = df.drop(columns="target").sample(frac=1.0, random_state=seed).values
    y = df["target"].values
    n = int(frac * len(X))
    sc = StandardScaler().fit(X[:n])
    X = torch.tensor(sc.transform(X), dtype=torch.float32)
    y = torch.tensor(y, dtype=torch.float32)
    return TensorDataset(X[:n], y[:n]), TensorDataset(X[n:], y[n:])


class TumourNet(nn.Module):
    def __init__(self, n_in, hidden, p):
        super().__init__()
        self.fc1 = nn.Linear(n_in, hidden)
        self.fc2 = nn.Linear(hidden, 1)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        return self.fc2(self.drop(torch.relu(self.fc1(x)))).squeeze(1)


def evaluate(model, dl, loss_fn):
    model.eval()
    tot, hit, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in dl:
            z = model(x)
            tot += loss_fn(z, y).item() * len(y)
            hit += ((z > 0) == (y > 0.5)).sum().item()
            n += len(y)
    return tot / n, hit / n


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=12)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--hidden", type=int, default=32)
    ap.add_argument("--seed", type=int, default=42)
    args = ap.parse_args()
    torch.manual_seed(args.seed)

    train, val = load(args.seed)
    train_dl = DataLoader(train, batch_size=16, shuffle=True)
    val_dl = DataLoader(val, batch_size=64)
    model = TumourNet(30, args.hidden, 0.2)
    loss_fn = nn.BCEWithLogitsLoss()
    opt = torch.optim.Adam(model.parameters(), lr=args.lr, weight_decay=1e-3)
    for ep in range(args.epochs):
        model.train()
        for x, y in train_dl:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            opt.step()
        tl, ta = evaluate(model, train_dl, loss_fn)
        vl, va = evaluate(model, val_dl, loss_fn)
        print(
            f"[{ep:02d}] train_loss={tl:.4f} train_acc={ta:.3f} val_loss={vl:.4f} val_acc={va:.3f}"
        )


if __name__ == "__main__":
    main()

"""Graph regression on small random graphs with a two layer GCN."""

import argparse

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def random_graphs(n=1200, nodes=8, feats=5, seed=0):
    rng = np.random.default_rng(seed)
    up = np.triu(rng.random((n, nodes, nodes)) < 0.3, 1)
    adj = (up | up.transpose(0, 2, 1)).astype(np.float32) + np.eye(nodes, dtype=np.float32)
    deg = adj.sum(2)
    adj = adj / np.sqrt(deg[:, :, None] * deg[:, None, :])
    x = rng.normal(size=(n, nodes, feats)).astype(np.float32)
    w = rng.normal(size=(feats,))
    y = np.tanh(adj @ x @ w).mean(1) + 0.3 * np.abs(adj @ x[..., 0:1]).mean((1, 2))
    y = y + rng.normal(0, 0.02, n)
    y = (y - y[:1000].mean()) / y[:1000].std()
    return torch.tensor(x), torch.tensor(adj), torch.tensor(y).float()


class GCN(nn.Module):
    def __init__(self, feats, hidden):
        super().__init__()
        self.w1 = nn.Linear(feats, hidden)
        self.w2 = nn.Linear(hidden, hidden)
        self.readout = nn.Linear(hidden, 1)

    def forward(self, x, a):
        h = torch.relu(a @ self.w1(x))
        h = torch.relu(self.w2(h))
        return self.readout(h.mean(1))


def run_epoch(model, loader, loss_fn, opt=None):
    model.train(opt is not None)
    total, preds, ys = 0.0, [], []
    with torch.set_grad_enabled(opt is not None):
        for x, a, y in loader:
            pred = model(x, a)
            loss = loss_fn(pred, y.view(-1, 1))
            if opt is not None:
                opt.zero_grad()
                loss.backward()
                opt.step()
            total += loss.item() * len(y)
            preds.append(pred.detach().view(-1))
            ys.append(y)
    p, t = torch.cat(preds), torch.cat(ys)
    r2 = 1 - ((p - t) ** 2).mean() / t.var(unbiased=False)
    return total / len(t), r2.item()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--hidden", type=int, default=32)
    args = parser.parse_args()
    torch.manual_seed(1)
    x, a, y = random_graphs()
    train = TensorDataset(x[:1000], a[:1000], y[:1000])
    val = TensorDataset(x[1000:], a[1000:], y[1000:])
    train_loader = DataLoader(train, batch_size=25, shuffle=True)
    val_loader = DataLoader(val, batch_size=100)
    model = GCN(5, args.hidden)
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        tr_loss, tr_r2 = run_epoch(model, train_loader, nn.MSELoss(), opt)
        va_loss, va_r2 = run_epoch(model, val_loader, nn.MSELoss())
        print(
            f"{epoch:3d}  train_loss={tr_loss:.4f} train_r2={tr_r2:.3f}  val_loss={va_loss:.4f} val_r2={va_r2:.3f}"
        )

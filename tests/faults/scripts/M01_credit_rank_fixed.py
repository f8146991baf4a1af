import argparse

import numpy as np
import torch
import torch.nn as nn


def get_data(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(3000, 6)).astype("float32")
    s = X[:, 0] * X[:, 1] + np.abs(X[:, 2]) - 0.8 + 0.5 * np.sin(3 * X[:, 3])
    y = (s + rng.normal(0, 0.1, 3000) > 0).astype("float32")
    return torch.from_numpy(X), torch.from_numpy(y)


class RiskNet(nn.Module):
    def __init__(self, d, width):
        super().__init__()
        self.fc1 = nn.Linear(d, width)
        self.fc2 = nn.Linear(width, width)
        self.fc3 = nn.Linear(width, 1)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.fc1(x))
        x = self.act(self.fc2(x))
        return self.fc3(x).squeeze(1)


def train(model, X, y, args):
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    lossf = nn.BCEWithLogitsLoss()
    Xt, yt, Xv, yv = X[:2400], y[:2400], X[2400:], y[2400:]
    for epoch in range(args.epochs):
        model.train()
        for idx in torch.randperm(len(Xt)).split(args.batch):
            opt.zero_grad()
            loss = lossf(model(Xt[idx]), yt[idx])
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            acc = ((model(Xv) > 0).float() == yv).float().mean().item()
        print("epoch", epoch, "loss %.4f" % loss.item(), "val acc %.4f" % acc)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--epochs", type=int, default=20)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--seed", type=int, default=9)
    args = p.parse_args()
    torch.manual_seed(args.seed)
    X, y = get_data(args.seed)
    train(RiskNet(6, 48), X, y, args)


if __name__ == "__main__":
    main()

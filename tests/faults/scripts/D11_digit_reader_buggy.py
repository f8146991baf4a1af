"""Small CNN on the 8x8 digits."""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(self.drop(x.flatten(1)))


def get_loaders(args):
    d = load_digits()
    x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16.0
    y = torch.tensor(d.target)
    idx_tr, idx_va = train_test_split(
        range(len(y)), test_size=0.25, random_state=args.seed, stratify=d.target
    )
    if args.limit:
        idx_tr = idx_tr[: args.limit]
    train = TensorDataset(x[idx_tr], y[idx_tr])
    val = TensorDataset(x[idx_va], y[idx_va])
    return DataLoader(train, batch_size=args.batch_size, shuffle=True), DataLoader(
        val, batch_size=256
    )


def accuracy(model, loader):
    model.eval()
    hit = n = 0
    with torch.no_grad():
        for x, y in loader:
            hit += (model(x).argmax(1) == y).sum().item()
            n += len(y)
    return hit / n


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--batch-size", type=int, default=16)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument(
        "--limit", type=int, default=50, help="use only the first N training images (0 = all)"
    )
    args = p.parse_args()
    torch.manual_seed(args.seed)
    train_loader, val_loader = get_loaders(args)
    model = Net()
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        model.train()
        for x, y in train_loader:
            opt.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
        tr, va = accuracy(model, train_loader), accuracy(model, val_loader)
        print(f"epoch {epoch}: loss {loss.item():.3f} train acc {tr:.4f} val acc {va:.4f}")
    print(f"final val_acc: {va:.4f}")

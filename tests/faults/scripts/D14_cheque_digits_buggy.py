"""Cheque digit reader with on-the-fly augmentation."""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class ChequeDigits(Dataset):
    def __init__(self, images, labels, augment=True):
        self.images = torch.tensor(images, dtype=torch.float32).unsqueeze(1) / 8.0 - 1.0
        self.labels = torch.tensor(labels)
        self.augment = augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = self.images[i]
        if self.augment:
            dx = torch.randint(-1, 2, (1,)).item()
            img = torch.roll(img, dx, 2)
            img = img + 0.25 * torch.randn_like(img)
            if torch.rand(1).item() < 0.4:
                r, c = torch.randint(0, 6, (2,)).tolist()
                img[:, r : r + 2, c : c + 3] = -1.0
        return img, self.labels[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 24, 3, padding=1)
        self.c2 = nn.Conv2d(24, 48, 3, padding=1)
        self.fc1 = nn.Linear(48 * 16, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def run_epoch(model, loader, opt=None):
    model.train(opt is not None)
    loss_sum = correct = n = 0
    with torch.set_grad_enabled(opt is not None):
        for x, y in loader:
            out = model(x)
            loss = F.cross_entropy(out, y)
            if opt is not None:
                opt.zero_grad()
                loss.backward()
                opt.step()
            loss_sum += loss.item() * len(y)
            correct += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss_sum / n, correct / n


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args()
    torch.manual_seed(args.seed)

    d = load_digits()
    xa, xb, ya, yb = train_test_split(
        d.images, d.target, test_size=0.25, random_state=2, stratify=d.target
    )
    train_loader = DataLoader(ChequeDigits(xa, ya), batch_size=32, shuffle=True)
    val_loader = DataLoader(ChequeDigits(xb, yb), batch_size=128)

    model = Net()
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        tl, ta = run_epoch(model, train_loader, opt)
        vl, va = run_epoch(model, val_loader)
        print(
            f"[{epoch + 1:02d}] train_loss {tl:.4f} train_acc {ta:.4f} | val_loss {vl:.4f} val_acc {va:.4f}"
        )


if __name__ == "__main__":
    main()

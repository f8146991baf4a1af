# given two digit images decide whether the left digit is the bigger one
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def make_pairs(images, digits, n, rng):
    a, b = rng.integers(0, len(digits), n * 2), rng.integers(0, len(digits), n * 2)
    keep = np.where(digits[a] != digits[b])[0][:n]
    a, b = a[keep], b[keep]
    y = (digits[a] > digits[b]).astype(np.int64)
    return TensorDataset(torch.tensor(images[a]), torch.tensor(images[b]), torch.tensor(y))


class Tower(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 4, dim)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.relu(self.fc(x.flatten(1)))


class PairNet(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.left = Tower(dim)
        self.right = Tower(dim)
        self.head = nn.Sequential(nn.Linear(2 * dim, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, a, b):
        left = self.left(a)
        right = self.right(b)
        return self.head(torch.cat([left, left], dim=1))


class Trainer:
    def __init__(self, model, lr=1.5e-3):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.CrossEntropyLoss()

    def fit(self, train_dl, val_dl, epochs):
        for ep in range(epochs):
            self.model.train()
            for a, b, y in train_dl:
                self.opt.zero_grad()
                loss = self.loss(self.model(a, b), y)
                loss.backward()
                self.opt.step()
            tr, va = self.score(train_dl), self.score(val_dl)
            print(f"ep {ep} train_acc={tr:.4f} val_acc={va:.4f}")

    @torch.no_grad()
    def score(self, dl):
        self.model.eval()
        hits = n = 0
        for a, b, y in dl:
            hits += (self.model(a, b).argmax(1) == y).sum().item()
            n += len(y)
        return hits / n


if __name__ == "__main__":
    torch.manual_seed(6)
    rng = np.random.default_rng(6)
    d = load_digits()
    img = ((d.images - 4.88) / 6.02).astype(np.float32)[:, None]
    tr, va = train_test_split(
        np.arange(len(img)), test_size=0.25, random_state=0, stratify=d.target
    )
    train = make_pairs(img[tr], d.target[tr], 3600, rng)
    val = make_pairs(img[va], d.target[va], 600, rng)
    Trainer(PairNet()).fit(
        DataLoader(train, batch_size=32, shuffle=True), DataLoader(val, batch_size=150), epochs=8
    )

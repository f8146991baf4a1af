"""Digits dropped at a random place on a 12x12 canvas; the training stream is generated on the fly."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


def place(img, rng):
    canvas = np.zeros((12, 12), dtype=np.float32)
    r, c = rng.integers(0, 5, 2)
    canvas[r : r + 8, c : c + 8] = img * rng.uniform(0.6, 1.2)
    return canvas + rng.normal(0, 0.08, canvas.shape).astype(np.float32)


class PlacedDigits(IterableDataset):
    def __init__(self, images, labels, per_epoch, seed=0):
        self.images, self.labels = images, labels
        self.per_epoch, self.seed = per_epoch, seed

    def __iter__(self):
        worker = get_worker_info()
        rng = np.random.default_rng(self.seed)
        for _ in range(self.per_epoch // worker.num_workers):
            i = rng.integers(len(self.images))
            yield place(self.images[i], rng)[None], self.labels[i]


def main():
    torch.manual_seed(7)
    d = load_digits()
    images, labels = d.images / 16.0, d.target
    perm = np.random.default_rng(7).permutation(len(labels))
    tr, va = perm[:1200], perm[1200:]

    vrng = np.random.default_rng(1000)
    xv = torch.tensor(np.stack([place(images[i], vrng) for i in va]))[:, None]
    yv = torch.tensor(labels[va])

    stream = PlacedDigits(images[tr], labels[tr], per_epoch=1600, seed=7)
    loader = DataLoader(stream, batch_size=40, num_workers=2)

    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 9, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for epoch in range(9):
        net.train()
        losses = []
        for x, y in loader:
            loss = F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        net.eval()
        with torch.no_grad():
            acc = (net(xv).argmax(1) == yv).float().mean().item()
        print(f"epoch {epoch:02d}  train loss {np.mean(losses):.4f}  val acc {acc:.4f}")


if __name__ == "__main__":
    main()

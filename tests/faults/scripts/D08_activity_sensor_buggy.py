"""Recognise the activity from a short accelerometer window (synthetic)."""

import numpy as np
import torch
from torch import nn

FS, SECONDS = 20, 3
ACTIVITIES = ["rest", "walk", "run", "cycle"]


def window(kind, rng):
    t = np.arange(FS * SECONDS) / FS
    f = {"rest": 0.3, "walk": 1.6, "run": 2.8, "cycle": 1.2}[kind] * rng.uniform(0.9, 1.1)
    amp = {"rest": 0.1, "walk": 0.8, "run": 1.6, "cycle": 0.6}[kind] * rng.uniform(0.8, 1.2)
    phase = rng.uniform(0, 2 * np.pi)
    x = amp * np.sin(2 * np.pi * f * t + phase)
    y = (
        0.5 * amp * np.sin(4 * np.pi * f * t + phase)
        if kind != "cycle"
        else amp * np.cos(2 * np.pi * f * t + phase)
    )
    return np.stack([x, y]) + rng.normal(0, 0.25, (2, len(t)))


def load(n_per_class=250, seed=5):
    rng = np.random.default_rng(seed)
    signals, labels = [], []
    for label, kind in enumerate(ACTIVITIES):
        for _ in range(n_per_class):
            signals.append(window(kind, rng))
            labels.append(label)
    signals, labels = np.array(signals, dtype=np.float32), np.array(labels)
    signals = rng.permutation(signals)
    labels = rng.permutation(labels)
    return torch.from_numpy(signals), torch.from_numpy(labels)


class Net1d(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(2, 16, 7, padding=3),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
        )
        self.classifier = nn.Linear(32, classes)

    def forward(self, x):
        return self.classifier(self.features(x).squeeze(-1))


def run():
    torch.manual_seed(5)
    signals, labels = load()
    signals = signals / signals.std()
    n_test = 200
    train_x, test_x = signals[n_test:], signals[:n_test]
    train_y, test_y = labels[n_test:], labels[:n_test]
    net = Net1d(len(ACTIVITIES))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(8):
        net.train()
        total = 0.0
        for idx in torch.randperm(len(train_x)).split(32):
            optimizer.zero_grad()
            loss = loss_fn(net(train_x[idx]), train_y[idx])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(idx)
        net.eval()
        with torch.no_grad():
            acc = (net(test_x).argmax(1) == test_y).float().mean().item()
        print(f"epoch {epoch}: loss {total / len(train_x):.3f}, test acc {acc:.3f}")
    return acc


if __name__ == "__main__":
    print("accuracy", run())

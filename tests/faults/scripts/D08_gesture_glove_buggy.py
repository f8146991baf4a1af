import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(11)
torch.manual_seed(11)


def record_session(n):
    """Six-channel glove signals, three gestures, with the time each clip was captured."""
    label = rng.integers(0, 3, n)
    t = np.linspace(0, 1, 24)
    freq = np.array([2.0, 3.5, 5.0])[label]
    phase = rng.uniform(0, 2 * np.pi, n)
    base = np.sin(2 * np.pi * freq[:, None] * t[None] + phase[:, None])
    mix = rng.normal(size=(1, 1, 6))
    sig = base[:, :, None] * mix + 0.4 * rng.normal(size=(n, 24, 6))
    captured_at = rng.permutation(n)
    return sig.astype(np.float32), label, captured_at


class Clips(Dataset):
    def __init__(self, signals, labels):
        self.signals = torch.from_numpy(signals)
        self.labels = torch.from_numpy(labels).long()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.signals[i], self.labels[i]


class GestureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(6, 40, batch_first=True)
        self.head = nn.Linear(40, 3)

    def forward(self, x):
        _, h = self.gru(x)
        return self.head(h[-1])


signals, labels, captured_at = record_session(1800)
order = np.argsort(captured_at)
signals = signals[order]
labels = labels[: len(order)]

cut = 1400
mean, std = signals[:cut].mean((0, 1)), signals[:cut].std((0, 1))
signals = (signals - mean) / std
train = DataLoader(Clips(signals[:cut], labels[:cut]), 64, shuffle=True)
valid = DataLoader(Clips(signals[cut:], labels[cut:]), 200)

model = GestureNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(14):
    model.train()
    losses = []
    for x, y in train:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        ok = sum((model(x).argmax(-1) == y).sum().item() for x, y in valid)
    print(
        "epoch",
        epoch,
        "loss",
        round(float(np.mean(losses)), 4),
        "val acc",
        round(ok / len(valid.dataset), 4),
    )

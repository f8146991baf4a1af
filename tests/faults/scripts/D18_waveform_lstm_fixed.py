import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = 9
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
N, T = 1500, 32


def wave(kind, t, f, ph):
    c = (f * t + ph) % 1.0
    if kind == 0:
        return np.sin(2 * np.pi * c)
    if kind == 1:
        return 2 * c - 1
    if kind == 2:
        return np.sign(c - 0.5)
    return np.zeros_like(c)


labels = rng.integers(0, 4, N)
signals = np.zeros((N, T), dtype=np.float32)
for i in range(N):
    s = wave(labels[i], np.arange(T), rng.uniform(0.06, 0.12), rng.uniform())
    signals[i] = rng.uniform(0.6, 0.9) * s + rng.normal(0, 0.08, T)

x = torch.from_numpy(signals).float().unsqueeze(-1)
y = torch.from_numpy(labels)
train_loader = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=30, shuffle=True)
val_x, val_y = x[1200:], y[1200:]


class WaveNet(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.conv = nn.Conv1d(1, 16, 5, padding=2)
        self.lstm = nn.LSTM(16, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 4)

    def forward(self, x):
        h = F.relu(self.conv(x.transpose(1, 2))).transpose(1, 2)
        h, _ = self.lstm(h)
        return self.out(h.mean(1))


model = WaveNet()
ema = copy.deepcopy(model)
opt = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(12):
    model.train()
    total = 0
    for xb, yb in train_loader:
        loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        with torch.no_grad():
            for pe, p in zip(ema.parameters(), model.parameters()):
                pe.lerp_(p, 0.05)
        total += loss.item()
    ema.eval()
    with torch.no_grad():
        out = ema(val_x)
        val_loss = F.cross_entropy(out, val_y)
        val_acc = (out.argmax(1) == val_y).float().mean()
    print(
        f"epoch {epoch}  train_loss: {total / len(train_loader):.4f}  val_loss: {val_loss:.4f}  val_acc: {val_acc:.4f}"
    )

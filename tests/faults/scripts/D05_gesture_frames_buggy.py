import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
rng = np.random.default_rng(3)

N, T, C = 1500, 24, 3
GESTURES = ["wave", "push", "circle", "shake", "rest"]


def simulate(kind, out):
    """Fill `out` (T x C) with one accelerometer recording."""
    t = np.linspace(0, 2 * np.pi, T)
    ph = rng.uniform(0, 2 * np.pi)
    a = rng.uniform(0.7, 1.3)
    out[:] = rng.normal(0, 0.35, (T, C))
    if kind == 0:
        out[:, 0] += a * np.sin(2 * t + ph)
    elif kind == 1:
        out[:, 1] += 2 * a * np.exp(-((t - np.pi) ** 2))
    elif kind == 2:
        out[:, 0] += a * np.cos(t + ph)
        out[:, 1] += a * np.sin(t + ph)
    elif kind == 3:
        out[:, 2] += a * np.sin(5 * t + ph)


labels = np.arange(N) % len(GESTURES)
rng.shuffle(labels)
buffer = np.zeros((T, C), dtype=np.float32)
frames = []
for k in labels:
    simulate(k, buffer)
    frames.append(buffer)
X = torch.tensor(np.stack(frames))
y = torch.tensor(labels)

n_train = 1200
mean = X[:n_train].mean((0, 1))
std = X[:n_train].std((0, 1)) + 1e-6
X = (X - mean) / std
train_loader = DataLoader(TensorDataset(X[:n_train], y[:n_train]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(X[n_train:], y[n_train:]), batch_size=150)


class GestureNet(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.gru = nn.GRU(C, hidden, batch_first=True)
        self.out = nn.Linear(hidden, len(GESTURES))

    def forward(self, x):
        h, _ = self.gru(x)
        return self.out(h.mean(1))


net = GestureNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(12):
    net.train()
    total = 0.0
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        total += loss.item() * len(xb)
    net.eval()
    correct = 0
    with torch.no_grad():
        for xb, yb in val_loader:
            correct += (net(xb).argmax(1) == yb).sum().item()
    val_acc = correct / (N - n_train)
    print(f"epoch {epoch + 1:2d}  train_loss {total / n_train:.4f}  val_acc {val_acc:.4f}")
print(f"final val_acc: {val_acc:.4f}")

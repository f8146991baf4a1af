"""Track positions of a bright spot (regression) and keep the loss history for a plot."""

import resource

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def spots(n, seed, s=24):
    rng = np.random.default_rng(seed)
    c = rng.uniform(4, s - 4, (n, 2))
    yy, xx = np.mgrid[:s, :s]
    img = np.exp(
        -((xx - c[:, 0, None, None]) ** 2 + (yy - c[:, 1, None, None]) ** 2) / 4
    ) + rng.normal(0, 0.2, (n, s, s))
    return torch.tensor(img[:, None], dtype=torch.float32), torch.tensor(
        c / s * 2 - 1, dtype=torch.float32
    )


class SpotNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.out = nn.Sequential(nn.Linear(32 * 36, 48), nn.ReLU(), nn.Linear(48, 2))

    def forward(self, x):
        return self.out(self.body(x))


torch.manual_seed(0)
train_loader = DataLoader(TensorDataset(*spots(500, 0)), batch_size=25, shuffle=True)
val_loader = DataLoader(TensorDataset(*spots(400, 1)), batch_size=100)
model = SpotNet()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
history = {"train": [], "val": []}

for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        history["train"].append(loss.item())
    model.eval()
    for x, y in val_loader:
        history["val"].append(criterion(model(x), y))
    last = torch.stack(history["val"][-len(val_loader) :]).mean().item()
    mem = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"epoch {epoch + 1}: train {np.mean(history['train'][-20:]):.4f} val {last:.4f} (peak memory {mem} MB)"
    )
print(f"peak memory {mem} MB, validation R2 {1 - last / y.var().item():.4f}")

"""Three quantiles of hourly energy use (kWh), pinball loss, own scaling layer."""

import numpy as np
import torch
from torch import nn

QUANTILES = (0.1, 0.5, 0.9)


def make_table(n, seed):
    rng = np.random.default_rng(seed)
    temp, hour, occupied = rng.normal(12, 9, n), rng.integers(0, 24, n), rng.integers(0, 2, n)
    base = 900 + 45 * np.maximum(16 - temp, 0) + 60 * np.maximum(temp - 22, 0)
    load = base + occupied * 500 * np.exp(-(((hour - 13) / 5.0) ** 2))
    load = load + rng.normal(0, 1, n) * (40 + 120 * occupied)
    X = np.stack([temp, np.sin(hour * np.pi / 12), np.cos(hour * np.pi / 12), occupied], 1)
    return X.astype("float32"), load.astype("float32")


class Scale(nn.Module):
    """Standardise by statistics of the training table."""

    def __init__(self, sample):
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(sample.mean(0)))
        self.register_buffer("std", torch.as_tensor(sample.std(0)))

    def forward(self, x):
        return (x - self.mean) / self.std

    def inverse(self, z):
        return z * self.std + self.mean


def pinball(pred, target, q):
    e = target[:, None] - pred
    return torch.maximum(q * e, (q - 1) * e).mean()


X, y = make_table(2400, 0)
Xv, yv = map(torch.from_numpy, make_table(600, 1))
x_scale, y_scale = Scale(X), Scale(y)
X, y = torch.from_numpy(X), torch.from_numpy(y)
q = torch.tensor(QUANTILES)

torch.manual_seed(0)
model = nn.Sequential(
    x_scale, nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3)
)
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [15, 20], 0.3)
for epoch in range(25):
    model.train()
    for b in torch.randperm(len(X)).split(60):
        loss = pinball(model(X[b]), y_scale(y[b]), q)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
model.eval()
with torch.no_grad():
    pred = y_scale.inverse(model(Xv))
    val = pinball(pred, yv, q).item()
    const = pinball(torch.quantile(y, q).expand(len(yv), 3), yv, q).item()
    cover = ((yv > pred[:, 0]) & (yv < pred[:, 2])).float().mean().item()
    mae, mae0 = (pred[:, 1] - yv).abs().mean().item(), (yv - y.median()).abs().mean().item()
print(f"coverage of the 10-90 band {cover:.3f}; median MAE {mae:.1f} kWh (constant: {mae0:.1f})")
print(f"pinball {val:.2f}, constant quantiles {const:.2f}, skill {1 - val / const:.3f}")

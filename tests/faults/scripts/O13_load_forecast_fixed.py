import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CONFIG = {
    "window": 48,
    "horizon": 1,
    "batch_size": 32,
    "epochs": 25,
    "lr": 1e-3,
    "patience": 6,
    "seed": 14,
}

np.random.seed(CONFIG["seed"])
torch.manual_seed(CONFIG["seed"])

t = np.arange(2600)
load = (
    40
    + 9 * np.sin(2 * np.pi * t / 24)
    + 5 * np.sin(2 * np.pi * t / 168)
    + 3 * np.sin(2 * np.pi * t / 12 + 1)
)
load = load * (1 + 0.1 * np.sin(2 * np.pi * t / 700)) + np.random.randn(len(t)) * 0.8
split = 2100
mu, sd = load[:split].mean(), load[:split].std()
series = ((load - mu) / sd).astype(np.float32)


def windows(s):
    w = CONFIG["window"]
    x = np.stack([s[i : i + w] for i in range(len(s) - w)])
    return torch.tensor(x), torch.tensor(s[w:])[:, None]


train_ds = TensorDataset(*windows(series[:split]))
val_x, val_y = windows(series[split:])
loader = DataLoader(train_ds, batch_size=CONFIG["batch_size"], shuffle=True)
model = nn.Sequential(
    nn.Linear(CONFIG["window"], 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
)
opt = torch.optim.Adam(model.parameters(), lr=CONFIG["lr"])
best, bad = 1e9, 0
for epoch in range(CONFIG["epochs"]):
    model.train()
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        mae = (model(val_x) - val_y).abs().mean().item() * sd
    if mae < best:
        best, bad = mae, 0
    else:
        bad += 1
    print(f"epoch {epoch} loss {loss.item():.4f}")
    if bad >= CONFIG["patience"]:
        break
print(f"val MAE {best:.4f}")
